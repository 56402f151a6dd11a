"""Many small messages of doubles as protocol buffers' wire format, from arrays."""

from typing import Any

import numpy as np
from google.protobuf.descriptor import FieldDescriptor

_FIXED64, _LENGTH_DELIMITED = 1, 2
_DOUBLE = "<f8"


class RepeatedDoubles:
    """Serializes a repeated field of messages whose fields are doubles, or wrapped ones.

    It gives the bytes that the messages' own ``SerializeToString`` would, without the messages: to
    make and serialize those of a plot takes milliseconds.

    Args:
        field: Field of the repeated messages.
        names: Fields of the messages that are set.

    Raises:
        ValueError: A message has more than 127 bytes.
    """

    def __init__(self, field: FieldDescriptor, names: list[str]) -> None:
        by_name = field.message_type.fields_by_name
        fields = sorted((by_name[name] for name in names), key=lambda found: found.number)
        self._names = [found.name for found in fields]
        head = _tag(field.number, _LENGTH_DELIMITED)
        self._head = len(head) + 1
        layout: list[Any] = [("tag", np.uint8, (len(head),)), ("length", np.uint8)]
        constants: dict[str, Any] = {"tag": list(head)}
        # Bytes that are omitted for a zero; the tag and length of a wrapper stay.
        self._omitted: dict[str, slice] = {}
        self._wrapped: set[str] = set()
        offset = self._head
        for found in fields:
            before = _tag(found.number, _FIXED64)
            first = offset
            if found.message_type is not None:
                tag = _tag(found.number, _LENGTH_DELIMITED)
                value = _tag(found.message_type.fields_by_name["value"].number, _FIXED64)
                before = tag + bytes([len(value) + 8]) + value
                first = offset + len(tag) + 1
                self._wrapped.add(found.name)
                layout.append((f"tag of {found.name}", np.uint8, (len(tag),)))
                layout.append((f"length of {found.name}", np.uint8))
                layout.append((f"before {found.name}", np.uint8, (len(value),)))
                constants[f"tag of {found.name}"] = list(tag)
                constants[f"length of {found.name}"] = len(value) + 8
                constants[f"before {found.name}"] = list(value)
            else:
                layout.append((f"before {found.name}", np.uint8, (len(before),)))
                constants[f"before {found.name}"] = list(before)
            layout.append((found.name, _DOUBLE))
            offset += len(before) + 8
            self._omitted[found.name] = slice(first, offset)
        if offset - self._head >= 1 << 7:
            raise ValueError(f"The messages of {field.full_name} are too long.")
        self._template = np.zeros(1, np.dtype(layout))
        for name, constant in constants.items():
            self._template[name] = constant

    def serialize(self, columns: dict[str, np.ndarray]) -> bytes:
        """Serializes the messages, one for each row of the columns."""
        size = len(columns[self._names[0]])
        rows = np.repeat(self._template, size)
        kept = np.ones((size, rows.dtype.itemsize), bool)
        for name in self._names:
            values = np.ascontiguousarray(columns[name], _DOUBLE)
            rows[name] = values
            zero = np.flatnonzero(values.view(np.int64) == 0)  # Not -0.0, as in C++.
            kept[zero, self._omitted[name]] = False
            if name in self._wrapped:
                rows[f"length of {name}"][zero] = 0
        rows["length"] = kept[:, self._head :].sum(axis=1)
        whole: bytes = rows.view(np.uint8).reshape(kept.shape)[kept].tobytes()
        return whole


def length_delimited(number: int, content: bytes) -> bytes:
    """Encodes a field that holds a message, or bytes."""
    return _tag(number, _LENGTH_DELIMITED) + _varint(len(content)) + content


def _tag(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)
