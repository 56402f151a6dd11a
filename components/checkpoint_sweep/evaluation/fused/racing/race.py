"""The race: candidates on one share of the examples after the other, without those dropped."""

import dataclasses
import os
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf
from absl import logging

from checkpoint_sweep.common.files import PARTIAL, absolute
from checkpoint_sweep.common.ownership import remove_tree
from checkpoint_sweep.evaluation.aggregate.state import FoldState, MetricState
from checkpoint_sweep.evaluation.fused.loading import release
from checkpoint_sweep.evaluation.fused.racing.candidates_of_state import select_models
from checkpoint_sweep.evaluation.fused.racing.dropped import Part, dropped_reasons
from checkpoint_sweep.evaluation.fused.racing.partial import FOLDS, WHOLE, Partial, States, read
from checkpoint_sweep.evaluation.fused.racing.shares import STAGES
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.predict import plan_groups
from checkpoint_sweep.evaluation.request import Evaluated, EvaluationRequest
from checkpoint_sweep.saved_model.model_source import ModelSource

_SCRATCH = "racing"


@dataclasses.dataclass(frozen=True)
class Round:
    """A round of successive halving: a group of candidates on some shares of the examples.

    Attributes:
        group: Candidates of the group.
        shares: Numbers of the shares, below `SHARES`.
        earlier: States of the group on the shares before.
        partial: Folder for its states after these shares; None to end with results.
    """

    group: Sequence[ModelSource]
    shares: range
    earlier: States
    partial: Partial | None


def unsupported_reason(request: EvaluationRequest) -> str | None:
    """Says why a race cannot be run; None if it can."""
    if any(spec.query_key for spec in request.eval_config.metrics_specs):
        return "the examples of a query are evaluated together"
    if (
        request.race is None
        or request.tracked_metrics is None
        or "" not in request.tracked_metrics.parts()
    ):
        return "there is no metric to race by"
    return None


def evaluate_race(
    request: EvaluationRequest, run: Callable[[Round], dict[str, str]]
) -> Iterator[Sequence[Evaluated]]:
    """Evaluates all candidates on a first share, and those that are left on the others.

    Args:
        request: Request with a race.
        run: Evaluates a round; returns why candidates have become unreadable, by name.

    Yields:
        Every candidate, by groups: when it is dropped, with the reason, or when its results are
        complete.
    """
    assert request.race is not None
    assert request.tracked_metrics is not None
    alive = list(request.candidates)
    scratch = f"{_SCRATCH}{PARTIAL}{uuid.uuid4().hex}"
    output = absolute(os.path.dirname(next(iter(request.outputs.values()))))
    folder, key = os.path.join(output, scratch), secrets.token_bytes()
    parts: list[Part] = []
    try:
        for stage, shares in enumerate(STAGES):
            last = stage == len(STAGES) - 1
            finished: list[Part] = []
            for number, group in enumerate(_groups(alive, request)):
                name = os.path.join(folder, f"{stage}-{number}")
                partial = None if last else Partial(name, key)
                started = time.monotonic()
                gone = run(Round(group, shares, _earlier(parts, group, request), partial))
                release()
                seconds = (time.monotonic() - started) / len(group)
                left = [model for model in group if model.name not in gone]
                if gone:
                    yield [Evaluated(name, seconds, reason) for name, reason in gone.items()]
                if partial is None:
                    yield [Evaluated(model.name, seconds) for model in left]
                elif left:
                    finished.append(Part(left, read(partial, WHOLE), read(partial, FOLDS)))
            parts = finished
            alive = [model for part in parts for model in part.group]
            dropped = {} if last else dropped_reasons(parts, request)
            for name, reason in dropped.items():
                logging.info("%s: %s", name, reason)
            if dropped:
                yield [Evaluated(name, 0.0, why, dropped=True) for name, why in dropped.items()]
            alive = [model for model in alive if model.name not in dropped]
    finally:
        if tf.io.gfile.exists(folder):
            remove_tree(folder)


def _groups(alive: Sequence[ModelSource], request: EvaluationRequest) -> list[list[ModelSource]]:
    baseline = [request.baseline] if request.baseline else []
    if not alive:
        return []
    return [list(g) for g in plan_groups(alive, request.memory_budget, baseline)]


def _earlier(
    parts: Sequence[Part], group: Sequence[ModelSource], request: EvaluationRequest
) -> States:
    """Joins the states of a group so far, from all groups that its candidates were in."""
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
            for state, plan in zip((part.whole, part.folds), both, strict=True)
        )
        found += [whole, FoldState(folds)]
        first = False
    return found
