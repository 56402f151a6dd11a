"""What `make bench` measures, and what it scales from that because it would take too long."""

import dataclasses
from collections.abc import Collection, Sequence

from benchmarks.engine.cases import (
    BARE_SESSION_RUN,
    ENGINE,
    ENGINE_WITHOUT_FOLDS,
    ESTIMATOR_EVALUATE,
    KERAS_EVALUATE,
    SLIM_EVALUATE_ONCE,
    TFMA_ALL_MODELS,
    TFMA_NEWEST_STACK,
    TFMA_PER_CHECKPOINT,
    Case,
)


@dataclasses.dataclass(frozen=True)
class Scaled:
    """A case that is not run: a straight line through the times of others, times a number.

    Attributes:
        case: Case that the figure stands for.
        along: Two cases that differ in their number of examples: their line is followed to
            `case.examples`. Or one case with these examples.
        times: Number of such runs that make the case, one after the other.
    """

    case: Case
    along: tuple[Case, ...]
    times: int = 1


@dataclasses.dataclass(frozen=True)
class BenchmarkSizes:
    """Numbers of examples and checkpoints that ratios are about.

    Attributes:
        smallest: Number of examples on which stock TFMA evaluates `few` models within minutes.
        small: Number of examples of the run.
        large: Number of examples of a long evaluation.
        few: Number of checkpoints that stock TFMA evaluates within minutes.
        many: Number of checkpoints of the run.
        most: Number of checkpoints of a long training.
    """

    smallest: int
    small: int
    large: int
    few: int
    many: int
    most: int


@dataclasses.dataclass(frozen=True)
class BenchmarkPlan:
    """A benchmark.

    Attributes:
        sizes: What ratios are about.
        repeats: Number of measurements of each case.
        scaled: Cases whose figures follow from those.
    """

    sizes: BenchmarkSizes
    repeats: dict[Case, int]
    scaled: Sequence[Scaled]

    def example_counts(self) -> set[int]:
        """Lists the sizes for which data must be there."""
        return {case.examples for case in self.repeats}

    def only(self, contenders: Collection[str]) -> "BenchmarkPlan":
        """Keeps the part that concerns these contenders."""
        repeats = {
            case: count for case, count in self.repeats.items() if case.contender in contenders
        }
        kept = [scaled for scaled in self.scaled if set(scaled.along) <= set(repeats)]
        return dataclasses.replace(self, repeats=repeats, scaled=kept)


def full() -> BenchmarkPlan:
    """Plans everything: medians of three of what targets rest on, the rest once or scaled."""
    sizes = BenchmarkSizes(2_000, 15_002, 300_000, few=5, many=20, most=100)
    return _plan(sizes, repeated=3, single_examples=3_000, multiple_examples=1_000)


def smoke() -> BenchmarkPlan:
    """Plans the smallest benchmark that goes through all the code; its figures mean nothing."""
    sizes = BenchmarkSizes(400, 1_000, 9_000, few=2, many=3, most=25)
    return _plan(sizes, repeated=1, single_examples=200, multiple_examples=200)


def _plan(
    sizes: BenchmarkSizes, repeated: int, single_examples: int, multiple_examples: int
) -> BenchmarkPlan:
    """Plans cases.

    Args:
        sizes: What ratios are about.
        repeated: Number of measurements of cases that targets rest on.
        single_examples: Number of examples from which one model of stock TFMA is scaled, besides
            the small size.
        multiple_examples: Number from which many models are, besides the smallest size.
    """
    small, large, few, many = sizes.small, sizes.large, sizes.few, sizes.many
    repeats = {
        Case(ENGINE, sizes.smallest, few): repeated,
        Case(ENGINE, small, 1): 1,
        Case(ENGINE, small, few): 1,
        Case(ENGINE, small, many): repeated,
        Case(ENGINE, large, 1): repeated,
        Case(ENGINE, large, many): repeated,
        Case(ENGINE, large, sizes.most): 1,
        Case(ENGINE_WITHOUT_FOLDS, large, many): repeated,
        Case(BARE_SESSION_RUN, small, 1): 1,
        Case(BARE_SESSION_RUN, small, few): 1,
        Case(BARE_SESSION_RUN, small, many): 1,
        Case(BARE_SESSION_RUN, large, 1): 1,
        Case(BARE_SESSION_RUN, large, many): repeated,
        Case(BARE_SESSION_RUN, large, sizes.most): 1,
        Case(ESTIMATOR_EVALUATE, small, many): repeated,
        Case(KERAS_EVALUATE, small, many): repeated,
        Case(SLIM_EVALUATE_ONCE, small, many): 1,
        Case(TFMA_PER_CHECKPOINT, single_examples, 1): 1,
        Case(TFMA_PER_CHECKPOINT, small, 1): repeated,
        Case(TFMA_NEWEST_STACK, small, 1): 1,
        Case(TFMA_ALL_MODELS, sizes.smallest, few): 1,
        Case(TFMA_ALL_MODELS, small, few): 1,
        Case(TFMA_ALL_MODELS, multiple_examples, many): 1,
        Case(TFMA_ALL_MODELS, sizes.smallest, many): 1,
    }
    single = Case(TFMA_PER_CHECKPOINT, small, 1)
    one_model = (Case(TFMA_PER_CHECKPOINT, single_examples, 1), single)
    all_models = (
        Case(TFMA_ALL_MODELS, multiple_examples, many),
        Case(TFMA_ALL_MODELS, sizes.smallest, many),
    )
    scaled = [
        Scaled(Case(TFMA_PER_CHECKPOINT, small, few), (single,), few),
        Scaled(Case(TFMA_PER_CHECKPOINT, small, many), (single,), many),
        Scaled(Case(TFMA_PER_CHECKPOINT, large, 1), one_model),
        Scaled(Case(TFMA_PER_CHECKPOINT, large, many), one_model, many),
        Scaled(Case(TFMA_ALL_MODELS, small, many), all_models),
        Scaled(Case(TFMA_ALL_MODELS, large, many), all_models),
    ]
    for contender in (ESTIMATOR_EVALUATE, KERAS_EVALUATE, SLIM_EVALUATE_ONCE):
        repeats |= {Case(contender, small, 1): 1, Case(contender, large, 1): 1}
        scaled.append(Scaled(Case(contender, large, many), (Case(contender, large, 1),), many))
    return BenchmarkPlan(sizes, repeats, scaled)
