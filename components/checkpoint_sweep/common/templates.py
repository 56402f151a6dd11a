"""Jinja's templates, as all documents of this library take them."""

import jinja2


def environment(autoescape: bool = False) -> jinja2.Environment:
    """Makes the environment of a template, in which a line with nothing but a block is no line.

    Args:
        autoescape: Whether values are escaped, as HTML needs; a text keeps its last line break.
    """
    return jinja2.Environment(
        autoescape=autoescape,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=not autoescape,
    )
