"""Values of columns as values of features, where nothing is lost."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
from pyarrow import csv

_ARROW = {tf.int64: pa.int64(), tf.float32: pa.float64(), tf.string: pa.binary()}
# As Arrow's own reader of CSV takes them for missing numbers, and as pandas and Hive write them.
_MISSING = pa.array([*csv.ConvertOptions().null_values, "None", "<NA>", r"\N"])
_TRUTH = r"^(?i:true|false)$"
_ZIP_CODE = r"^0\d+$"
# Whole numbers of which a float would lose digits.
_LONG = r"^[+-]?\d{17,}$"
_WITH_COMMA = re.compile(r"[+-]?(\d+,\d+|\d{1,3}(,\d{3})+(\.\d*)?)")

BOOLEAN, INTEGER, NUMBER, TEXT = "boolean", "integer", "number", "text"


class CannotHoldError(Exception):
    """A value is none of the type that is asked for.

    Attributes:
        row: Number of the row in the batch, from 0.
        value: The value.
    """

    def __init__(self, row: int, value: Any) -> None:
        super().__init__(row, value)
        self.row = row
        self.value = value


def kind_of_type(column: pa.DataType) -> str | None:
    """Names what the values of a typed column are; None of a column without values.

    Raises:
        TypeError: No feature has such values.
    """
    types = pa.types
    if types.is_dictionary(column) or _is_list(column):
        if _is_list(column) and _is_list(column.value_type):
            raise TypeError(str(column))
        return kind_of_type(column.value_type)
    if types.is_null(column):
        return None
    if types.is_integer(column) or types.is_boolean(column):
        return INTEGER
    if types.is_decimal(column):
        return INTEGER if column.scale <= 0 else NUMBER
    if types.is_floating(column):
        return NUMBER
    if _is_text(column) or _is_bytes(column) or _is_time(column):
        return TEXT
    raise TypeError(str(column))


def kind_of_text(values: pa.Array) -> str | None:
    """Tells what text is that stands for values; None if none is there."""
    values = _present(values).drop_null()
    if not len(values):
        return None
    if pc.all(pc.match_substring_regex(values, _TRUTH)).as_py():
        return BOOLEAN
    if pc.any(pc.match_substring_regex(values, _ZIP_CODE)).as_py():
        return TEXT
    values = _without_plus(values)
    if _can(lambda part: part.cast(pa.int64()), values):
        return INTEGER
    if pc.any(pc.match_substring_regex(values, _LONG)).as_py():
        return TEXT
    return NUMBER if _can(lambda part: part.cast(pa.float64()), values) else TEXT


def common_dtype(kinds: Collection[str | None]) -> tf.DType:
    """Finds the type of a feature that holds the values of all files."""
    found = set(kinds) - {None}
    if (found and found <= {BOOLEAN}) or found == {INTEGER}:
        return tf.int64
    if found and found <= {INTEGER, NUMBER}:
        return tf.float32
    return tf.string


def has_comma(value: Any) -> bool:
    """Tells whether a value is a number with a decimal comma, or with commas between thousands."""
    return isinstance(value, str) and _WITH_COMMA.fullmatch(value.strip()) is not None


def number_with_comma(values: pa.Array) -> str | None:
    """Finds a number with a comma among text that has no other values than numbers."""
    found = None
    for value in _present(values).drop_null().to_pylist():
        if has_comma(value):
            found = found or value
        elif not _can(lambda part: part.cast(pa.float64()), _without_plus(pa.array([value]))):
            return None
    return found


def to_lists(column: pa.Array, dtype: tf.DType) -> list[Sequence[Any] | None]:
    """Converts a column.

    Args:
        column: Values, or lists of values.
        dtype: Type of the feature: `tf.int64`, `tf.float32` or `tf.string`.

    Returns:
        The values of each row; None where it has none.

    Raises:
        CannotHoldError: A value is none of this type.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not _is_list(column.type):
        values = _convert(column, dtype).to_pylist()
        return [None if value is None or value == b"" else [value] for value in values]
    rows = column.to_pylist()
    owners = [row for row, values in enumerate(rows) for _ in values or ()]
    flat = pa.array([value for values in rows for value in values or ()], column.type.value_type)
    if flat.null_count:
        raise CannotHoldError(owners[pc.is_null(flat).to_pylist().index(True)], None)
    if pa.types.is_dictionary(flat.type):
        flat = flat.dictionary_decode()
    try:
        converted = iter(_convert(flat, dtype).to_pylist())
    except CannotHoldError as error:
        raise CannotHoldError(owners[error.row], error.value) from error
    return [[next(converted) for _ in values] if values else None for values in rows]


def _convert(values: pa.Array, dtype: tf.DType) -> pa.Array:
    """Converts single values, or raises CannotHoldError with the first that cannot be."""
    kind = values.type
    if pa.types.is_null(kind):
        return pa.nulls(len(values), _ARROW[dtype])
    if _is_time(kind):
        values = pc.replace_substring_regex(values.cast(pa.string()), r"\.0+(Z?)$", r"\1")
    elif pa.types.is_boolean(kind):
        values = values.cast(pa.int8())
    elif pa.types.is_float16(kind):
        values = values.cast(pa.float32())
    is_text = _is_text(values.type)
    convert: Callable[[pa.Array], pa.Array]
    if dtype == tf.string:
        convert = _to_bytes
    elif is_text or _is_bytes(values.type):
        convert = _text_to_integers if dtype == tf.int64 else _text_to_numbers
    else:
        target = _ARROW[dtype]
        convert = lambda part: part.cast(target)  # noqa: E731
    try:
        converted = convert(values)
    except (pa.ArrowException, ValueError) as error:
        row = _first_failing(convert, values)
        raise CannotHoldError(row, values[row].as_py()) from error
    if dtype == tf.float32:
        finite = pc.less(pc.abs(converted), float("inf"))
        beyond = pc.and_(finite, pc.greater(pc.abs(converted), float(tf.float32.max)))
        if (row := pc.index(beyond, True).as_py()) >= 0:  # A feature would have infinity.
            raise CannotHoldError(row, values[row].as_py())
    return converted


def _to_bytes(values: pa.Array) -> pa.Array:
    if pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
        if values.null_count < len(values):
            raise pa.ArrowInvalid("The digits of a number are not told by its value.")
        return pa.nulls(len(values), pa.binary())
    if _is_bytes(values.type):
        return values
    return values.cast(pa.string()).cast(pa.binary())


def _text_to_numbers(values: pa.Array) -> pa.Array:
    return _truth(_present(values.cast(pa.string()))).cast(pa.float64())


def _text_to_integers(values: pa.Array) -> pa.Array:
    values = _truth(_present(values.cast(pa.string())))
    try:
        return values.cast(pa.int64())
    except pa.ArrowException:
        return values.cast(pa.float64()).cast(pa.int64())  # 3.0 is whole.


def _truth(values: pa.Array) -> pa.Array:
    """Writes true as 1 and false as 0."""
    values = pc.replace_substring_regex(values, r"^(?i:true)$", "1")
    return _without_plus(pc.replace_substring_regex(values, r"^(?i:false)$", "0"))


def _without_plus(values: pa.Array) -> pa.Array:
    """Removes the plus signs of numbers, which Arrow does not read."""
    return pc.replace_substring_regex(values, r"^\+([\d.])", r"\1")


def _present(values: pa.Array) -> pa.Array:
    """Removes spaces around values, and the values that stand for a missing number."""
    values = pc.utf8_trim_whitespace(values)
    missing = pc.is_in(values, value_set=_MISSING.cast(values.type))
    return pc.if_else(missing, pa.scalar(None, values.type), values)


def _first_failing(convert: Callable[[pa.Array], pa.Array], values: pa.Array) -> int:
    """Finds the first value that cannot be converted, of values of which one cannot."""
    first, after = 0, len(values)
    while after - first > 1:
        middle = (first + after) // 2
        if _can(convert, values[first:middle]):
            first = middle
        else:
            after = middle
    return first


def _can(convert: Callable[[pa.Array], pa.Array], values: pa.Array) -> bool:
    try:
        convert(values)
    except (pa.ArrowException, ValueError):
        return False
    return True


def _is_list(kind: pa.DataType) -> bool:
    types = pa.types
    return types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    return types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)


def _is_time(kind: pa.DataType) -> bool:
    return pa.types.is_date(kind) or pa.types.is_time(kind) or pa.types.is_timestamp(kind)
