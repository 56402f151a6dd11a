"""The tensors of a checkpoint that an exporter shipped, found by names and values."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Matches:
    """The keys of a checkpoint from which to read those of an exported model.

    Attributes:
        keys: Key of the checkpoint for each key of the model, where they differ.
        unmatched: Keys of the model whose value no tensor of the checkpoint has.
        ambiguous: Keys of the model whose value several tensors have, so that the right one cannot
            be told.
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
        tensors: Tensors of the exported model, by key.
        shapes: Shapes of the checkpoint's tensors, by key.
        read: Reads the value of a checkpoint's tensor.
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

    Args:
        keys: Keys of the exported model to look for.
        tensors: Tensors of the exported model, by key.
        shapes: Shapes of the checkpoint's tensors, by key.
        read: Reads the value of a checkpoint's tensor.
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
    """Tells whether arrays are equal bit for bit: NaN equals itself, and -0.0 is not 0.0."""
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
    """Finds the one suffix under which every changed key is; None if there is not just one."""
    common: set[str] | None = None
    for key in changed:
        suffixes = {n[len(key) :] for n in shapes if n.startswith(key + "/") and holds(key, n)}
        common = suffixes if common is None else common & suffixes
    return common.pop() if common and len(common) == 1 else None
