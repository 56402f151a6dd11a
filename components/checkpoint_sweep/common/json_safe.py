"""JSON that every browser parses and that can stand inside a script element."""

import contextlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from checkpoint_sweep.common.errors import UserError

# An object of JSON, as `json.loads` gives it.
Json = dict[str, Any]
# What making something of JSON raises that is damaged, or of another form.
OTHER_FORM = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_SHOWN = 300  # Characters of a text that is something else.


@contextlib.contextmanager
def parsing(text: str, what: str, advice: str, kind: type[UserError]) -> Iterator[None]:
    """Has an error that leaves the block say that the text of a parameter is something else.

    Args:
        text: Text that is parsed.
        what: What it is not.
        advice: Sentence on where to get such a text.
        kind: Class of the error; one of this class is left as it is.
    """
    try:
        yield
    except kind:
        raise
    except OTHER_FORM as error:
        raise kind(f"Not {what}: {text[:_SHOWN]!r} ({error}). {advice}") from error


def to_json(value: Any) -> str:
    """Serializes plain data, NumPy scalars and arrays included.

    NaN and the infinities become the texts "NaN", "Infinity" and "-Infinity", as in protobuf's
    JSON, which TFMA's own data has and its components read. `<`, `>` and `&` are written as
    escapes, so that no text can end a script element or open a comment.

    Raises:
        TypeError: The value is of a type that JSON has no notion of.
    """
    text = json.dumps(_plain(value), allow_nan=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def finite_or_none(value: float | None) -> float | None:
    """Returns the value if it is a finite number, otherwise None: JSON's null.

    >>> finite_or_none(0.5), finite_or_none(math.nan)
    (0.5, None)
    """
    return value if value is not None and math.isfinite(value) else None


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):  # Most values are.
        return value
    if hasattr(value, "tolist"):  # NumPy's, which need not be imported for that.
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else _not_finite(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
