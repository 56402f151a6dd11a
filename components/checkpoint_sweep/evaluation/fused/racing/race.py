"""The race: candidates on one share of the examples after the other, without those dropped.

From one round to the next a candidate takes its sums, as arrays on files. One that has accumulators
of TFMA's own, which arrays do not hold, is evaluated again on the shares before: that of the last
round costs it nearly as much as all before it.
"""

import dataclasses
import functools
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf
from absl import logging

from checkpoint_sweep.common.files import PARTIAL, absolute
from checkpoint_sweep.common.ownership import remove_tree
from checkpoint_sweep.evaluation.aggregate.state import FoldState, MetricState
from checkpoint_sweep.evaluation.fused.loading import release
from checkpoint_sweep.evaluation.fused.racing.candidates_of_state import select_models
from checkpoint_sweep.evaluation.fused.racing.dropped import dropped_reasons, replicates_of
from checkpoint_sweep.evaluation.fused.racing.partial import (
    FOLDS,
    WHOLE,
    Partial,
    Round,
    States,
    read,
)
from checkpoint_sweep.evaluation.fused.racing.shares import STAGES
from checkpoint_sweep.evaluation.fused.racing.state_arrays import SavedState
from checkpoint_sweep.evaluation.inputs import preprocessing
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.predict import plan_groups
from checkpoint_sweep.evaluation.request import Evaluated, EvaluationRequest, Race
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.metric_kinds import MetricKinds
from checkpoint_sweep.selection.replicates import Replicates

_SCRATCH = "racing"


@dataclasses.dataclass(frozen=True)
class _Part:
    """What is known of a group after a round.

    Attributes:
        group: Candidates of the group.
        whole: State of all examples so far, from which results are made.
        folds: State of the same examples by fold.
    """

    group: Sequence[ModelSource]
    whole: SavedState
    folds: SavedState

    @property
    def incomplete(self) -> set[str]:
        """Names of the candidates that cannot go on from these states."""
        numbers = self.whole.incomplete | self.folds.incomplete
        if any(number >= len(self.group) for number in numbers):  # The baseline, which all need.
            return {model.name for model in self.group}
        return {self.group[number].name for number in numbers}

    def replicates(self, race: Race, kinds: MetricKinds) -> dict[str, Replicates]:
        """Gives the replicates of the selection metric, by candidate."""
        names = [model.name for model in self.group]
        records: dict[str, list[Any]] = {}
        for number, record in self.folds.derived:
            records.setdefault(names[number], []).append(record)
        shown = {names[number]: value for number, value in self.whole.derived}
        return replicates_of(records, shown, race, kinds)


def unsupported_reason(request: EvaluationRequest) -> str | None:
    """Says why a race cannot be run; None if it can."""
    if any(spec.query_key for spec in request.eval_config.metrics_specs):
        return "the examples of a query are evaluated together"
    if not preprocessing.are_shared(request.eval_config, request.candidates):
        return "the exports of the runs have preprocessing functions of their own"
    if (
        request.race is None
        or request.tracked_metrics is None
        or "" not in request.tracked_metrics.parts()
    ):
        return "there is no metric to race by"
    return None


def evaluate_race(
    request: EvaluationRequest, run: Callable[[Sequence[ModelSource], Round], Mapping[str, str]]
) -> Iterator[Sequence[Evaluated]]:
    """Evaluates all candidates on a first share, and those that are left on the others.

    Args:
        request: Request with a race.
        run: Evaluates a group in a round; returns why candidates have become unreadable, by name.

    Yields:
        Every candidate, by groups: when it is dropped, with the reason, or when its results are
        complete.
    """
    assert request.race is not None
    kinds = MetricKinds.of_config(request.eval_config)
    alive = list(request.candidates)
    scratch = f"{_SCRATCH}{PARTIAL}{uuid.uuid4().hex}"
    output = absolute(os.path.dirname(next(iter(request.outputs.values()))))
    folder = os.path.join(output, scratch)
    parts: list[_Part] = []
    try:
        for stage, shares in enumerate(STAGES):
            last = stage == len(STAGES) - 1
            finished: list[_Part] = []
            readable: list[ModelSource] = []
            for number, (group, missing, earlier) in enumerate(
                _groups(alive, parts, shares, request)
            ):
                name = os.path.join(folder, f"{stage}-{number}")
                partial = None if last else Partial(name, request.race)
                started = time.monotonic()
                gone = run(group, Round(missing, earlier, partial))
                release()
                seconds = (time.monotonic() - started) / len(group)
                left = [model for model in group if model.name not in gone]
                readable += left
                if gone:
                    yield [Evaluated(name, seconds, reason) for name, reason in gone.items()]
                if last:
                    yield [Evaluated(model.name, seconds) for model in left]
                elif left:
                    finished += _read(left, name)
            parts, alive = finished, readable
            found: dict[str, Replicates] = {}
            for part in parts:
                found |= part.replicates(request.race, kinds)
            dropped = {} if last else dropped_reasons(found, request.race)
            for name, reason in dropped.items():
                logging.info("%s: %s", name, reason)
            if dropped:
                yield [Evaluated(name, 0.0, why, dropped=True) for name, why in dropped.items()]
            alive = [model for model in alive if model.name not in dropped]
    finally:
        if tf.io.gfile.exists(folder):
            remove_tree(folder)


def _groups(
    alive: Sequence[ModelSource], parts: Sequence[_Part], shares: range, request: EvaluationRequest
) -> Iterator[tuple[list[ModelSource], range, Callable[[Sequence[ModelSource]], States]]]:
    """Divides candidates into groups: those that go on from their states, and those that cannot.

    Yields:
        The candidates of a group, the shares to evaluate them on, and what gives the states before
        of those that can still be read.
    """
    incomplete = {name for part in parts for name in part.incomplete}
    for group in _that_fit([m for m in alive if m.name not in incomplete], request):
        yield group, shares, functools.partial(_earlier, parts, request)
    for group in _that_fit([m for m in alive if m.name in incomplete], request):
        yield group, range(shares.stop), lambda _: []


def _that_fit(models: Sequence[ModelSource], request: EvaluationRequest) -> list[list[ModelSource]]:
    baseline = [request.baseline] if request.baseline else []
    if not models:
        return []
    return [list(g) for g in plan_groups(models, request.memory_budget, baseline)]


def _read(group: Sequence[ModelSource], folder: str) -> list[_Part]:
    """Reads the states of a group; none if no example was in its shares."""
    whole, folds = os.path.join(folder, WHOLE), os.path.join(folder, FOLDS)
    return [_Part(group, read(whole), read(folds))] if tf.io.gfile.exists(whole) else []


def _earlier(
    parts: Sequence[_Part], request: EvaluationRequest, group: Sequence[ModelSource]
) -> States:
    """Joins the states of candidates so far, from all groups that they were in."""
    assert request.tracked_metrics is not None
    baselines = int(request.baseline is not None)
    new_number = {model.name: number for number, model in enumerate(group)}
    config = plan_lib.split_config(request.eval_config)[""]
    both = plan_lib.make(config), plan_lib.make(request.tracked_metrics.parts()[""])
    found: list[MetricState | FoldState] = []
    first = True
    for part in parts:
        numbers = {
            old: new_number[model.name]
            for old, model in enumerate(part.group)
            if model.name in new_number
        }
        if not numbers:
            continue
        models, total = len(part.group) + baselines, len(group) + baselines
        if first and baselines:
            numbers[models - 1] = total - 1
        whole, folds = (
            select_models(state, plan, models, numbers, total, with_examples=first)
            for state, plan in zip((part.whole.state, part.folds.state), both, strict=True)
        )
        found += [whole, FoldState(folds)]
        first = False
    return found
