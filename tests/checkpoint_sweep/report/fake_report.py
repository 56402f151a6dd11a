"""Reports of any size without a sweep: what the page is given is plain data."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.report.document import (
    Candidate,
    Losses,
    Report,
    ReportedThreshold,
    Uncertainty,
)
from checkpoint_sweep.report.plots import Plot
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Difference, Verdict

HOSTILE = "</script><script>alert(1)</script>"
METRICS = ("auc", "binary_crossentropy", "example_count")


def report(
    checkpoints: int = 20,
    slices: int = 6,
    averages: tuple[str, ...] = (),
    nan: tuple[int, ...] = (),
    blessed: bool = True,
    eligible: bool = True,
    intervals: bool = True,
    baseline: bool = False,
    plots: bool = True,
) -> Report:
    """A binary problem.

    Args:
        checkpoints: number of them, at every hundredth step.
        slices: number of slices beside that of all examples.
        averages: names of averages of the last two checkpoints.
        nan: positions of checkpoints whose selection metric is NaN.
        blessed: whether the chosen met thresholds.
        eligible: whether any candidate is.
        intervals: whether they are known.
        baseline: whether there is one.
        plots: whether the configuration has them.
    """
    random = np.random.default_rng(7)
    names = [f"step-{100 * (i + 1):08d}" for i in range(checkpoints)]
    where = [[], *([["payment_type", HOSTILE]] if slices else [])]
    where += [["trip_start_hour", str(i)] for i in range(slices - 1)]
    pairs: list[list[list[str]]] = [[pair] if pair else [] for pair in where]
    values: dict[str, list[list[float | None]]] = {}
    for i, name in enumerate([*names, *averages]):
        level = 0.95 - 0.2 * math.exp(-i / 3) + 0.002 * random.normal()
        table: list[list[float | None]] = [
            [level - 0.01 * s + 0.01 * random.normal(), 1 - level, 50.0 * (s + 1)]
            for s in range(len(pairs))
        ]
        if i in nan:
            table[0][0] = math.nan
        values[name] = table
    good = {n: t[0][0] or 0.0 for n, t in values.items() if not math.isnan(t[0][0] or 0.0)}
    chosen = max(good, key=lambda name: good[name]) if eligible else None
    candidates: list[Candidate] = []
    for i, name in enumerate([*names, *averages]):
        averaged = name in averages
        step = 100 * (min(i, checkpoints - 1) + 1)
        value = good.get(name)
        usable = eligible and value is not None
        reason = "the best of the eligible" if name == chosen else "another is better"
        if not usable:
            reason = "the selection metric is nan" if value is None else "missed auc"
        difference = _difference(value, good.get(chosen or "")) if intervals else None
        tied = difference is None or difference.interval[1] >= 0
        candidates.append(
            Candidate(
                name=name,
                step=step,
                averaged=[step - 100, step] if averaged else None,
                status="evaluated",
                reason=None,
                seconds=0.25,
                reused=False,
                examples=3000,
                non_finite=0,
                verdict=Verdict(
                    name,
                    step,
                    eligible=usable,
                    value=value,
                    reason=reason,
                    missed=[] if usable or value is None else [f"auc = {value:.4f}"],
                    standard_error=0.003 if intervals else None,
                    interval=(value - 0.006, value + 0.006) if intervals and value else None,
                    in_best_set=tied if intervals and usable else None,
                    beaten_by=chosen if intervals and usable and not tied else None,
                    difference=difference,
                ),
            )
        )
    return Report(
        decision=SweepVerdicts(
            chosen=chosen,
            blessed=blessed and eligible,
            reason="it passed every threshold" if eligible else "none of the candidates passed",
            selection=AppliedSelection("auc", Direction.HIGHER_IS_BETTER),
            verdicts=[candidate.verdict for candidate in candidates if candidate.verdict],
        ),
        metrics=[MetricName("", "", name) for name in METRICS],
        slices=[SliceName.of(pair) for pair in pairs],
        candidates=candidates,
        values=values,
        baseline=[[0.9, 0.1, 50.0 * (s + 1)] for s in range(len(pairs))] if baseline else None,
        intervals=[uncertainty(name, 0, value, 0.006) for name, value in good.items() if intervals],
        changes=[
            uncertainty(name, 0, value - 0.9, 0.004) for name, value in good.items() if baseline
        ],
        thresholds=[ReportedThreshold("auc", {}, "value", lower=0.85)],
        plots={name: binary_plots(i) for i, name in enumerate(names[:20])} if plots else {},
        losses=Losses(
            training=[(100 * i, 1 / (i + 1)) for i in range(checkpoints)],
            evaluation=[(100 * i, 1 / (i + 1) + 0.002 * i) for i in range(checkpoints)],
        ),
        made={"examples": ["made/up"], "example_splits": ["eval"]},
    )


def _difference(value: float | None, chosen: float | None) -> Difference | None:
    """What is 0.005 worse is significantly so."""
    if value is None or chosen is None or value == chosen:
        return None
    gain = value - chosen
    return Difference(gain, 0.002, (gain - 0.005, gain + 0.005))


def with_verdicts(made: Report, change: Callable[[Candidate], dict[str, Any]]) -> Report:
    """The same report with other verdicts.

    Args:
        made: Report.
        change: Fields of a candidate's verdict that are changed.
    """
    candidates = [
        dataclasses.replace(
            candidate,
            verdict=candidate.verdict
            and dataclasses.replace(candidate.verdict, **change(candidate)),
        )
        for candidate in made.candidates
    ]
    decision = made.decision and dataclasses.replace(
        made.decision, verdicts=[c.verdict for c in candidates if c.verdict]
    )
    return dataclasses.replace(made, candidates=candidates, decision=decision)


def uncertainty(
    name: str, at: int, value: float, half: float, caution: str | None = None
) -> Uncertainty:
    """The error of the metric at position 0."""
    return Uncertainty(name, at, 0, value, half / 2, value - half, value + half, caution)


def binary_plots(seed: int) -> list[Plot]:
    """ROC and calibration of one candidate."""
    thresholds = [i / 100 for i in range(101)]
    recall = [1 - t ** (2 + seed / 5) for t in thresholds]
    wrong = [(1 - t) ** 2 for t in thresholds]
    means = [0.05 + 0.1 * i for i in range(10)]
    return [
        {
            "of": "",
            "name": "",
            "kind": "thresholds",
            "threshold": thresholds,
            "true_positives": [700 * r for r in recall],
            "false_positives": [2300 * w for w in wrong],
            "true_negatives": [2300 * (1 - w) for w in wrong],
            "false_negatives": [700 * (1 - r) for r in recall],
        },
        {
            "of": "",
            "name": "",
            "kind": "calibration",
            "examples": [300.0] * 10,
            "prediction": means,
            "label": [mean**1.2 for mean in means],
        },
    ]


def regression_plots() -> list[Plot]:
    """Predicted against actual values of one candidate."""
    return [
        {
            "of": "",
            "name": "",
            "kind": "calibration",
            "examples": [100.0] * 4,
            "prediction": [5.0, 10.0, 20.0, 40.0],
            "label": [7.0, 9.0, 20.0, 44.0],
        }
    ]


def titles(made: Report) -> list[str]:
    """The names of all slices."""
    return list(map(str, made.slices))
