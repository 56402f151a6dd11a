"""A model card as a page, and what is in its place without one."""

import html

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
th, td {{ border-bottom: 1px solid #8888; padding: .25rem .75rem; text-align: left; }}
</style>
</head>
<body>
{body}</body>
</html>
"""


def card_page(card: str) -> str:
    """Renders a page that needs no network; HTML in the card stays text.

    Args:
        card: Markdown.
    """
    from markdown_it import MarkdownIt  # here, so that `no_page` works without it

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return _PAGE.format(title="Model card", body=reader.render(card))


def no_page(reason: str) -> str:
    """Renders a page that says why there is none.

    A console reports a missing file as its own error.

    Args:
        reason: Plain text, without a full stop.
    """
    text = html.escape(f"There is nothing to show here: {reason}.")
    return _PAGE.format(title="Nothing to show", body=f"<p>{text}</p>\n")
