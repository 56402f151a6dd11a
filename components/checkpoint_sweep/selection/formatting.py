"""Formats values as text that says no more than their intervals show."""

import math
from collections.abc import Iterable, Sequence

_DIGITS = 2  # Of a half width: more of them are noise.
_PLAIN_DIGITS = 4  # Of a value without one: some thousand examples bear no more.
_ROUNDING = 1e-9  # Relative to a value: a half width below it is that of rounding.


def blessing_word(blessed: bool) -> str:
    """Says in one or two words whether something is blessed.

    >>> blessing_word(True), blessing_word(False)
    ('BLESSED', 'NOT BLESSED')
    """
    return "BLESSED" if blessed else "NOT BLESSED"


def plain(value: float, apart_from: Iterable[float] = ()) -> str:
    """Formats a value without an interval: four digits, or all of a whole number.

    >>> plain(0.94977123), plain(15002.0), plain(0.84999, apart_from=[0.85])
    ('0.9498', '15002', '0.84999')

    Args:
        value: Value of a metric, or a limit.
        apart_from: Numbers that the text is to differ from, as the value does: limits that it
            misses.
    """
    if not math.isfinite(value):
        return str(value)
    if value == round(value) and abs(value) < 1e15:
        return f"{value:.0f}"
    for digits in range(_PLAIN_DIGITS, 18):
        text = f"{value:.{digits}g}"
        if "e" in text and 1e-4 <= abs(value) < 1e15:
            text = f"{value:.0f}"
        if all(float(text) != other or value == other for other in apart_from):
            break
    return text


def aligned(value: float) -> str:
    """Formats a value as `plain` does, with zeros at the end: a column of them is even.

    >>> aligned(0.753), aligned(65.0), aligned(15002.0)
    ('0.7530', '65.00', '15002')

    Args:
        value: Value of a metric.
    """
    if not 10**-_PLAIN_DIGITS <= abs(value) < 10**_PLAIN_DIGITS:
        return plain(value)
    return f"{value:#.{_PLAIN_DIGITS}g}".removesuffix(".")


def half_width(value: float | None, interval: Sequence[float] | None) -> float | None:
    """Returns half the width of an interval that may be cut at one end; None without one.

    Args:
        value: Value in the middle of the interval, as long as it is whole.
        interval: Ends of the interval.
    """
    if value is None or interval is None:
        return None
    return max(value - interval[0], interval[1] - value)


def plus_minus(value: float, half: float | None) -> str:
    """Formats a value with as many digits as its half width bears, and the half width.

    >>> plus_minus(0.94977, 0.0065)
    '0.9498 ± 0.0065'
    >>> plus_minus(-0.0381, 0.0384)
    '-0.0381 ± 0.0384'

    Args:
        value: Value of a metric, or a difference of two.
        half: Half the width of its interval; None without one.
    """
    if half is None or not math.isfinite(half):
        return plain(value)
    if half <= _ROUNDING * abs(value):
        return f"{plain(value)} ± 0"
    decimals = max(0, _DIGITS - 1 - math.floor(math.log10(half)))
    if abs(value) != half and round(abs(value), decimals) == round(half, decimals):
        decimals += 1  # One that nearly ends at 0 shows on which side.
    return f"{value:.{decimals}f} ± {half:.{decimals}f}"


def with_sign(value: float | None, interval: Sequence[float] | None, sign: str = "") -> str:
    """Formats a value with its half width; a dash without a value.

    Args:
        value: Value of a metric, or a difference of two.
        interval: Interval of the value; None without one.
        sign: Text before a value that is not negative: "+" before a difference.
    """
    if value is None:
        return "–"
    text = plus_minus(value, half_width(value, interval))
    return f"{sign}{text}" if not text.startswith("-") else text


def amount(size: int) -> str:
    """Formats a number of bytes.

    >>> amount(813), amount(41_306), amount(2_500_000_000)
    ('813 bytes', '41.3 kB', '2.5 GB')
    """
    if size < 1000:
        return f"{size} bytes"
    scaled, units = size / 1000, iter(("kB", "MB", "GB", "TB"))
    unit = next(units)
    while scaled >= 999.95 and unit != "TB":
        scaled, unit = scaled / 1000, next(units)
    return f"{scaled:.1f} {unit}"
