"""The mapping from variables of the exported model to tensors of a checkpoint, confirmed.

A mapping counts only if it reproduces the exported weights bit for bit from the checkpoint
that was exported: then it tells the tensors that the exporter would have shipped of the others.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from checkpoint_sweep.model_run.exported_model import ExportedModel
from checkpoint_sweep.model_run.value_matching import identical, match_by_name, match_by_value
from checkpoint_sweep.saved_model.object_graph import Path, walk_together
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle


class VariableMapping(Protocol):
    """A way to find the variables of the exported model in any checkpoint of its run."""

    def keys(self, exported: TensorBundle, checkpoint: TensorBundle) -> Mapping[str, str]:
        """Maps keys of the exported model to keys of the checkpoint."""
        ...


@dataclasses.dataclass(frozen=True)
class SameKeys:
    """Equal keys, with exceptions.

    Attributes:
        exceptions: Key of the checkpoint for each key of the exported model that differs.
    """

    exceptions: Mapping[str, str]

    def keys(self, exported: TensorBundle, checkpoint: TensorBundle) -> Mapping[str, str]:
        """Maps each key to itself, exceptions aside."""
        return {key: self.exceptions.get(key, key) for key in exported.shapes}


@dataclasses.dataclass(frozen=True)
class SameObjects:
    """Equal object paths below two objects that correspond: how TensorFlow restores.

    Attributes:
        exported: Path of an object of the exported model, for example `()`, the root.
        checkpoint: Path of the same object in the checkpoint, for example `("model",)`.
    """

    exported: Path
    checkpoint: Path

    def keys(self, exported: TensorBundle, checkpoint: TensorBundle) -> Mapping[str, str]:
        """Maps keys along equal paths below the two objects."""
        if exported.graph is None or checkpoint.graph is None:
            return {}
        start = exported.graph.find(self.exported)
        other = checkpoint.graph.find(self.checkpoint)
        if start is None or other is None:
            return {}
        return walk_together(exported.graph, start, checkpoint.graph, other)


@dataclasses.dataclass(frozen=True)
class SameNames:
    """Equal names of variables, for example `dense/kernel`, where only one variable has it."""

    def keys(self, exported: TensorBundle, checkpoint: TensorBundle) -> Mapping[str, str]:
        """Maps keys of variables that have the same name."""
        theirs = checkpoint.by_variable_name()
        ours = exported.by_variable_name()
        return {ours[name]: theirs[name] for name in ours if name in theirs}


@dataclasses.dataclass(frozen=True)
class Match:
    """The result of looking for the exported weights in a checkpoint.

    Attributes:
        mapping: Mapping by which the checkpoint reproduces them; None if it does not.
        unmatched: Needed keys of the exported model that have no equal in the checkpoint.
        ambiguous: Needed keys that have several equals, so that the right one cannot be told.
    """

    mapping: VariableMapping | None
    unmatched: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()


def match(exported: ExportedModel, checkpoint: TensorBundle) -> Match:
    """Looks for the exported weights in one checkpoint.

    In bundles that are keyed by variable names it tries equal names first, then a common suffix,
    then equal values; in bundles with an object graph, objects that correspond, root to root first,
    then names of variables, then equal values.
    """
    if exported.bundle.graph is None and checkpoint.graph is None:
        found = match_by_name(exported.tensors, checkpoint.shapes, checkpoint.read)
        if found.usable:
            return Match(SameKeys(found.keys))
        return Match(None, found.unmatched, found.ambiguous)
    nearest: Sequence[str] = sorted(exported.needed)
    for stage in _stages(exported, checkpoint):
        confirmed: list[tuple[VariableMapping, Mapping[str, str]]] = []
        for mapping in stage:
            keys = mapping.keys(exported.bundle, checkpoint)
            missing = _unconfirmed(exported, checkpoint, keys)
            if not missing:
                confirmed.append((mapping, keys))
            elif len(missing) < len(nearest):
                nearest = missing
        if confirmed:
            # Mappings that all reproduce the weights must agree: else the right one cannot be told.
            first, keys = confirmed[0]
            torn = {key for key in exported.needed for _, k in confirmed if k[key] != keys[key]}
            return Match(None, (), tuple(sorted(torn))) if torn else Match(first)
    found = match_by_value(
        sorted(exported.needed), exported.tensors, checkpoint.shapes, checkpoint.read
    )
    if found.usable:
        return Match(SameKeys(found.keys))
    unmatched = tuple(key for key in nearest if key in found.unmatched)
    return Match(None, unmatched, () if unmatched else found.ambiguous)


def _stages(
    exported: ExportedModel, checkpoint: TensorBundle
) -> Iterator[Sequence[VariableMapping]]:
    """Yields the mappings to try, the surest first; those of one stage have to agree."""
    if exported.bundle.graph is not None and checkpoint.graph is not None:
        root = SameObjects((), ())
        yield [root]
        ours = list(exported.bundle.graph.holders(1, exported.needed))
        theirs = list(checkpoint.graph.holders(len(exported.needed)))
        pairs = [SameObjects(a, b) for a in ours for b in theirs]
        yield [pair for pair in pairs if pair != root]
    yield [SameNames()]


def _unconfirmed(
    exported: ExportedModel, checkpoint: TensorBundle, keys: Mapping[str, str]
) -> list[str]:
    """Lists the needed keys whose value the checkpoint does not have under their mapped key."""
    return [
        key
        for key in sorted(exported.needed)
        if key not in keys
        or checkpoint.shapes.get(keys[key]) != exported.bundle.shapes[key]
        or not identical(exported.tensors[key], checkpoint.read(keys[key]))
    ]
