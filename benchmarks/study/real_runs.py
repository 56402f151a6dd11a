"""The same questions on checkpoints of real runs, by drawing from their examples again.

All examples that a run was not trained on stand for the population: what a metric is on them is
true. A sample is drawn from them with replacement, and into folds at random.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.study import fold_metrics
from benchmarks.study.fold_metrics import Array, Metric, Sample
from benchmarks.study.scenarios import Units
from benchmarks.study.simulated_runs import FOLDS
from benchmarks.study.trials import Trial, judge, rules
from checkpoint_sweep.selection.criteria import Direction

NAMES = ("taxi", "fares", "digits")
_PILOTS = 200
_LEAST = 1e-7  # TFMA and Keras clip probabilities so.
# The other metric is the first of these that the run has.
_SECOND = ("mean loss", "auc", "accuracy", "mean squared error", "mean absolute error")
Integers = npt.NDArray[np.int64]
HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


@dataclasses.dataclass(frozen=True)
class RunMetric:
    """A metric of the checkpoints of a run.

    Attributes:
        run: Name of the run.
        metric: Name of the metric.
        evaluate: Function that computes the metric.
        whole: All examples, in one fold.
        better: Direction of the metric.
        other: Function that computes the metric of `SecondaryMetric`.
        other_whole: All examples, for that metric.
        other_better: Direction of that metric.
    """

    run: str
    metric: str
    evaluate: Metric
    whole: Sample
    better: Direction
    other: Metric
    other_whole: Sample
    other_better: Direction


def run_metrics(name: str, path: Path) -> Sequence[RunMetric]:
    """Lists the metrics that are asked of a run.

    Args:
        name: ``"taxi"``, ``"fares"`` or ``"digits"``.
        path: File that `predictions` has written.
    """
    with np.load(path) as arrays:
        label, output = arrays["label"], arrays["output"]
    if name == "taxi":
        clipped = np.clip(output, _LEAST, 1 - _LEAST)
        by_name: Mapping[str, tuple[Metric, Sample, Direction]] = {
            metric: (evaluate, _whole(label, np.log(clipped / (1 - clipped))), better)
            for metric, evaluate, better in (
                ("auc", fold_metrics.auc, HIGHER),
                ("accuracy", fold_metrics.accuracy, HIGHER),
                ("mean loss", fold_metrics.log_loss, LOWER),
                ("f1", fold_metrics.f1, HIGHER),
            )
        }
    elif name == "fares":
        error = output - label
        by_name = {
            "mean absolute error": (fold_metrics.mean, _whole(label, np.abs(error)), LOWER),
            "mean squared error": (fold_metrics.mean, _whole(label, error**2), LOWER),
        }
    else:
        right = np.take_along_axis(output, label[np.newaxis, :, np.newaxis].astype(int), axis=2)
        loss = -np.log(np.clip(right[..., 0], _LEAST, 1))
        hit = output.argmax(axis=2) == label
        by_name = {
            "mean loss": (fold_metrics.mean, _whole(label, loss), LOWER),
            "accuracy": (fold_metrics.mean, _whole(label, hit), HIGHER),
        }
    found = []
    for metric, (evaluate, whole, better) in by_name.items():
        second = next(name for name in _SECOND if name in by_name and name != metric)
        found.append(RunMetric(name, metric, evaluate, whole, better, *by_name[second]))
    return found


@dataclasses.dataclass(frozen=True)
class ResampledTrials:
    """Of one question.

    Attributes:
        run_metric: Metric that was resampled.
        unit: Standard deviation of the value of the best, and the median one of the differences of
            the others to it.
        trials: Trials, one for each sample.
        truth: True values, (checkpoints,).
    """

    run_metric: RunMetric
    unit: Units
    trials: Sequence[Trial]
    truth: Array


def resample(run_metric: RunMetric, replications: int, seed: int) -> ResampledTrials:
    """Draws samples of as many examples as there are, at most 3,000."""
    rng = np.random.default_rng(seed)
    number = min(run_metric.whole.label.size, 3_000)
    truth = run_metric.evaluate(run_metric.whole).value
    best = int((run_metric.better.loss(1.0) * truth).argmin())
    pilots = []
    for _ in range(_PILOTS):
        rows, sizes = _draw(rng, run_metric.whole.label.size, number)
        pilots.append(run_metric.evaluate(_take(run_metric.whole, rows, sizes)).value)
    values = np.array(pilots)
    gaps = np.delete(values - values[:, [best]], best, axis=1).std(axis=0, ddof=1)
    unit = Units(float(values[:, best].std(ddof=1)), float(np.median(gaps[gaps > 0])))
    by = rules(unit.difference, run_metric.other_better)
    trials = []
    for _ in range(replications):
        rows, sizes = _draw(rng, run_metric.whole.label.size, number)
        evaluated = run_metric.evaluate(_take(run_metric.whole, rows, sizes))
        other = run_metric.other(_take(run_metric.other_whole, rows, sizes))
        trials.append(judge(evaluated, other, truth, best, run_metric.better, by))
    return ResampledTrials(run_metric, unit, trials, truth)


def _whole(label: Array, output: Array) -> Sample:
    return Sample(label, output, np.array([label.size]))


def _draw(rng: np.random.Generator, population: int, number: int) -> tuple[Integers, Integers]:
    """Draws examples, (number,), and how many of them are in each fold, (folds,)."""
    return (
        rng.integers(0, population, number),
        rng.multinomial(number, np.full(FOLDS, 1 / FOLDS)),
    )


def _take(whole: Sample, rows: Integers, sizes: Integers) -> Sample:
    return Sample(whole.label[rows], whole.output[:, rows], sizes)
