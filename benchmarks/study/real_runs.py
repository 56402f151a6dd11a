"""The same questions on checkpoints of real runs, by drawing from their examples again.

All examples that a run was not trained on stand for the world: what a metric is on them is true.
A sample is drawn from them with replacement, and into buckets at random.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.study import bucket_metrics
from benchmarks.study.bucket_metrics import Array, Metric, Sample
from benchmarks.study.scenarios import Units
from benchmarks.study.simulated_runs import BUCKETS
from benchmarks.study.trials import Trial, judge, rules
from checkpoint_sweep.selection.direction import Direction

NAMES = ("taxi", "fares", "digits")
_PILOTS = 200
_LEAST = 1e-7  # TFMA and Keras clip probabilities so.
# The other metric is the first of these that the run has.
_SECOND = ("mean loss", "auc", "accuracy", "mean squared error", "mean absolute error")
Integers = npt.NDArray[np.int64]
HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


@dataclasses.dataclass(frozen=True)
class Question:
    """A metric of the checkpoints of a run.

    Attributes:
        run: name of the run.
        metric: name of the metric.
        evaluate: the metric.
        whole: all examples, in one bucket.
        better: direction of the metric.
        other: the metric of `SecondaryMetric`.
        other_whole: all examples, for that metric.
        other_better: its direction.
    """

    run: str
    metric: str
    evaluate: Metric
    whole: Sample
    better: Direction
    other: Metric
    other_whole: Sample
    other_better: Direction


def questions(name: str, path: Path) -> Sequence[Question]:
    """What is asked of a run.

    Args:
        name: ``"taxi"``, ``"fares"`` or ``"digits"``.
        path: what `predictions` has written.
    """
    with np.load(path) as arrays:
        label, output = arrays["label"], arrays["output"]
    if name == "taxi":
        clipped = np.clip(output, _LEAST, 1 - _LEAST)
        by_name: Mapping[str, tuple[Metric, Sample, Direction]] = {
            metric: (evaluate, _whole(label, np.log(clipped / (1 - clipped))), better)
            for metric, evaluate, better in (
                ("auc", bucket_metrics.auc, HIGHER),
                ("accuracy", bucket_metrics.accuracy, HIGHER),
                ("mean loss", bucket_metrics.log_loss, LOWER),
                ("f1", bucket_metrics.f1, HIGHER),
            )
        }
    elif name == "fares":
        error = output - label
        by_name = {
            "mean absolute error": (bucket_metrics.mean, _whole(label, np.abs(error)), LOWER),
            "mean squared error": (bucket_metrics.mean, _whole(label, error**2), LOWER),
        }
    else:
        right = np.take_along_axis(output, label[np.newaxis, :, np.newaxis].astype(int), axis=2)
        loss = -np.log(np.clip(right[..., 0], _LEAST, 1))
        hit = output.argmax(axis=2) == label
        by_name = {
            "mean loss": (bucket_metrics.mean, _whole(label, loss), LOWER),
            "accuracy": (bucket_metrics.mean, _whole(label, hit), HIGHER),
        }
    found = []
    for metric, (evaluate, whole, better) in by_name.items():
        second = next(name for name in _SECOND if name in by_name and name != metric)
        found.append(Question(name, metric, evaluate, whole, better, *by_name[second]))
    return found


@dataclasses.dataclass(frozen=True)
class Answer:
    """Of one question.

    Attributes:
        question: which.
        unit: standard deviation of the value of the best, and the median one of the differences
            of the others to it.
        trials: one for each sample.
        truth: (checkpoints,).
    """

    question: Question
    unit: Units
    trials: Sequence[Trial]
    truth: Array


def ask(question: Question, replications: int, seed: int) -> Answer:
    """Draws samples of as many examples as there are, at most 3,000."""
    rng = np.random.default_rng(seed)
    number = min(question.whole.label.size, 3_000)
    truth = question.evaluate(question.whole).value
    best = int((question.better.loss(1.0) * truth).argmin())
    pilots = []
    for _ in range(_PILOTS):
        place, sizes = _draw(rng, question.whole.label.size, number)
        pilots.append(question.evaluate(_take(question.whole, place, sizes)).value)
    values = np.array(pilots)
    gaps = np.delete(values - values[:, [best]], best, axis=1).std(axis=0, ddof=1)
    unit = Units(float(values[:, best].std(ddof=1)), float(np.median(gaps[gaps > 0])))
    by = rules(unit.difference, question.other_better)
    trials = []
    for _ in range(replications):
        place, sizes = _draw(rng, question.whole.label.size, number)
        evaluated = question.evaluate(_take(question.whole, place, sizes))
        other = question.other(_take(question.other_whole, place, sizes))
        trials.append(judge(evaluated, other, truth, best, question.better, by))
    return Answer(question, unit, trials, truth)


def _whole(label: Array, output: Array) -> Sample:
    return Sample(label, output, np.array([label.size]))


def _draw(rng: np.random.Generator, population: int, number: int) -> tuple[Integers, Integers]:
    """Which examples, (number,), and how many of them are in each bucket, (buckets,)."""
    return (
        rng.integers(0, population, number),
        rng.multinomial(number, np.full(BUCKETS, 1 / BUCKETS)),
    )


def _take(whole: Sample, place: Integers, sizes: Integers) -> Sample:
    return Sample(whole.label[place], whole.output[:, place], sizes)
