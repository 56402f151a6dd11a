"""Finds which tensors of a checkpoint an exporter shipped, by comparing values."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class KeyMapping:
    """How the keys of an exported model are read from a checkpoint.

    Attributes:
        keys: from a key of the model to the checkpoint's, where they differ.
        unmatched: keys of the model whose value no tensor of the checkpoint has, or which
            several have so that the right one cannot be told.
    """

    keys: dict[str, str]
    unmatched: tuple[str, ...]


def find_mapping(
    tensors: Mapping[str, np.ndarray],
    shapes: Mapping[str, Sequence[int]],
    read: Callable[[str], np.ndarray],
) -> KeyMapping:
    """Finds each tensor in a checkpoint, bit for bit.

    A tensor under its own name is taken first. The others are looked for under one common
    suffix (`weights/ExponentialMovingAverage`), which then holds for every key that has it, as
    an exporter restores all of its moving averages; what is left, by value alone.

    Args:
        tensors: the exported model's, by key.
        shapes: the checkpoint's, by key.
        read: the value of a checkpoint's tensor.

    Returns:
        The mapping; it is usable when nothing is unmatched.
    """
    values: dict[str, np.ndarray] = {}

    def holds(key: str, name: str) -> bool:
        if name not in shapes or list(shapes[name]) != list(tensors[key].shape):
            return False
        if name not in values:
            values[name] = read(name)
        return _identical(tensors[key], values[name])

    changed = [key for key in tensors if not holds(key, key)]
    if not changed:
        return KeyMapping({}, ())
    if suffix := _common_suffix(changed, shapes, holds):
        keys = {key: key + suffix for key in tensors if holds(key, key + suffix)}
        return KeyMapping(keys, ())
    keys, unmatched = {}, []
    for key in changed:
        names = [name for name in shapes if holds(key, name)]
        if len(names) == 1:
            keys[key] = names[0]
        else:
            unmatched.append(key)
    return KeyMapping(keys, tuple(unmatched))


def _common_suffix(
    changed: Sequence[str],
    shapes: Mapping[str, Sequence[int]],
    holds: Callable[[str, str], bool],
) -> str | None:
    """The one suffix under which every changed key is found; None if there is not just one."""
    common: set[str] | None = None
    for key in changed:
        suffixes = {n[len(key) :] for n in shapes if n.startswith(key + "/") and holds(key, n)}
        common = suffixes if common is None else common & suffixes
    return common.pop() if common and len(common) == 1 else None


def _identical(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal bit for bit: NaN equals itself, and -0.0 is not 0.0."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype == object:
        return bool(np.all(a == b))
    return a.tobytes() == b.tobytes()
