"""Finds which tensors of a checkpoint an exporter shipped, by names and values."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Matches:
    """How the keys of an exported model are read from a checkpoint.

    Attributes:
        keys: from a key of the model to the checkpoint's, where they differ.
        unmatched: keys of the model whose value no tensor of the checkpoint has.
        ambiguous: keys of the model whose value several have, so that the right one cannot be
            told.
    """

    keys: dict[str, str]
    unmatched: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether every key is found."""
        return not self.unmatched and not self.ambiguous


def match_by_name(
    tensors: Mapping[str, np.ndarray],
    shapes: Mapping[str, Sequence[int]],
    read: Callable[[str], np.ndarray],
) -> Matches:
    """Finds each tensor in a checkpoint that is keyed by names, bit for bit.

    A tensor under its own name is taken first. The others are looked for under one common
    suffix (`weights/ExponentialMovingAverage`), which then holds for every key that has it, as
    an exporter restores all of its moving averages; what is left, by value alone.

    Args:
        tensors: the exported model's, by key.
        shapes: the checkpoint's, by key.
        read: the value of a checkpoint's tensor.
    """

    def holds(key: str, name: str) -> bool:
        return _holds(tensors[key], name, shapes, read)

    changed = [key for key in tensors if not holds(key, key)]
    if not changed:
        return Matches({})
    if suffix := _common_suffix(changed, shapes, holds):
        return Matches({key: key + suffix for key in tensors if holds(key, key + suffix)})
    return match_by_value(changed, tensors, shapes, read)


def match_by_value(
    keys: Iterable[str],
    tensors: Mapping[str, np.ndarray],
    shapes: Mapping[str, Sequence[int]],
    read: Callable[[str], np.ndarray],
) -> Matches:
    """Finds the one tensor of a checkpoint that is equal bit for bit, for each of `keys`.

    Other arguments as for `match_by_name`.
    """
    found: dict[str, str] = {}
    unmatched: list[str] = []
    ambiguous: list[str] = []
    for key in keys:
        names = [name for name in shapes if _holds(tensors[key], name, shapes, read)]
        if len(names) == 1:
            found[key] = names[0]
        else:
            (ambiguous if names else unmatched).append(key)
    return Matches(found, tuple(unmatched), tuple(ambiguous))


def identical(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal bit for bit: NaN equals itself, and -0.0 is not 0.0."""
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype == object:
        return bool(np.all(a == b))
    return a.tobytes() == b.tobytes()


def _holds(
    value: np.ndarray,
    name: str,
    shapes: Mapping[str, Sequence[int]],
    read: Callable[[str], np.ndarray],
) -> bool:
    if name not in shapes or list(shapes[name]) != list(np.shape(value)):
        return False
    return identical(value, read(name))


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
