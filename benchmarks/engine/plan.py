"""What `make bench` measures, and what it scales from that because it would take too long."""

import dataclasses
from collections.abc import Sequence

from benchmarks.engine.cases import (
    BARE_SESSION_RUN,
    ENGINE,
    ESTIMATOR_EVALUATE,
    SLIM_EVALUATE_ONCE,
    TFMA_ALL_MODELS,
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
class BenchmarkPlan:
    """A benchmark.

    Attributes:
        small: Number of examples of the smaller size.
        large: Number of examples of the larger size.
        many: Number of checkpoints, besides one, that ratios are about.
        repeats: Number of measurements of each case.
        scaled: Cases whose figures follow from those.
    """

    small: int
    large: int
    many: int
    repeats: dict[Case, int]
    scaled: Sequence[Scaled]

    def example_counts(self) -> set[int]:
        """Lists the sizes for which data must be there."""
        return {case.examples for case in self.repeats}

    def only(self, contenders: Sequence[str]) -> "BenchmarkPlan":
        """Keeps the part that concerns these contenders."""
        repeats = {
            case: count for case, count in self.repeats.items() if case.contender in contenders
        }
        kept = [scaled for scaled in self.scaled if set(scaled.along) <= set(repeats)]
        return dataclasses.replace(self, repeats=repeats, scaled=kept)


def full() -> BenchmarkPlan:
    """Plans everything: medians of three of what is quick, the rest once or scaled."""
    return _plan(
        small=15_002,
        large=300_000,
        few=5,
        many=20,
        quick=3,
        single_examples=3_000,
        multiple_examples=(1_000, 2_000),
    )


def smoke() -> BenchmarkPlan:
    """Plans the smallest benchmark that goes through all the code; its figures mean nothing."""
    return _plan(
        small=1_000,
        large=4_000,
        few=2,
        many=3,
        quick=1,
        single_examples=200,
        multiple_examples=(200, 400),
    )


def _plan(
    small: int,
    large: int,
    few: int,
    many: int,
    quick: int,
    single_examples: int,
    multiple_examples: tuple[int, int],
) -> BenchmarkPlan:
    repeats: dict[Case, int] = {}
    for contender in (ENGINE, BARE_SESSION_RUN):
        repeats |= {Case(contender, small, count): quick for count in (1, few, many)}
        repeats |= {Case(contender, large, count): quick for count in (1, many)}
    repeats |= {Case(ESTIMATOR_EVALUATE, small, count): quick for count in (1, many)}
    repeats |= {Case(ESTIMATOR_EVALUATE, small, few): 1, Case(ESTIMATOR_EVALUATE, large, 1): 1}
    repeats |= {Case(SLIM_EVALUATE_ONCE, small, count): 1 for count in (1, few, many)}
    repeats |= {Case(SLIM_EVALUATE_ONCE, large, 1): 1}
    single = Case(TFMA_PER_CHECKPOINT, small, 1)
    less = Case(TFMA_PER_CHECKPOINT, single_examples, 1)
    repeats |= {single: 1, less: 1}
    scaled = [
        Scaled(Case(TFMA_PER_CHECKPOINT, small, few), (single,), few),
        Scaled(Case(TFMA_PER_CHECKPOINT, small, many), (single,), many),
        Scaled(Case(TFMA_PER_CHECKPOINT, large, 1), (less, single)),
        Scaled(Case(TFMA_PER_CHECKPOINT, large, many), (less, single), many),
    ]
    for count in (few, many):
        line = tuple(Case(TFMA_ALL_MODELS, examples, count) for examples in multiple_examples)
        repeats |= dict.fromkeys(line, 1)
        scaled.append(Scaled(Case(TFMA_ALL_MODELS, small, count), line))
        if count == many:
            scaled.append(Scaled(Case(TFMA_ALL_MODELS, large, count), line))
    for contender in (ESTIMATOR_EVALUATE, SLIM_EVALUATE_ONCE):
        scaled.append(Scaled(Case(contender, large, many), (Case(contender, large, 1),), many))
    return BenchmarkPlan(small, large, many, repeats, scaled)
