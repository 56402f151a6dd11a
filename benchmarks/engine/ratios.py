"""The ratios that the benchmark is about, and the targets for them.

Each function below is one of them, and its docstring the definition, which is also written into
the JSON. *Whole* is the median `Measurement.whole` of a case, from the end of the imports to
complete results, or its scaled value; K is the number of checkpoints.
"""

import dataclasses
import inspect
from collections.abc import Callable, Mapping

from benchmarks.engine.cases import (
    BARE_SESSION_RUN,
    ENGINE,
    ENGINE_WITHOUT_FOLDS,
    ESTIMATOR_EVALUATE,
    KERAS_EVALUATE,
    TFMA_ALL_MODELS,
    TFMA_NEWEST_STACK,
    TFMA_PER_CHECKPOINT,
    Case,
)
from benchmarks.engine.figures import Figure
from benchmarks.engine.plan import BenchmarkPlan
from checkpoint_sweep.common.errors import SweepError


class MissingFigureError(SweepError):
    """A case that a ratio needs has no figure; the message names it."""


class Figures:
    """Figures by contender and size, and a note of which of them were scaled.

    Args:
        plan: Plan with the sizes that are meant.
        by_case: All figures.
    """

    def __init__(self, plan: BenchmarkPlan, by_case: Mapping[Case, Figure]) -> None:
        self.sizes = plan.sizes
        self.used_scaled: list[Case] = []
        self._by_case = by_case

    def at_smallest(self, contender: str, checkpoints: int) -> Figure:
        """Looks a figure up on the smallest size."""
        return self._get(Case(contender, self.sizes.smallest, checkpoints))

    def at_small(self, contender: str, checkpoints: int) -> Figure:
        """Looks a figure up on the smaller size."""
        return self._get(Case(contender, self.sizes.small, checkpoints))

    def at_large(self, contender: str, checkpoints: int) -> Figure:
        """Looks a figure up on the larger size."""
        return self._get(Case(contender, self.sizes.large, checkpoints))

    def _get(self, case: Case) -> Figure:
        if case not in self._by_case:
            raise MissingFigureError(
                f"needs {case.contender} on {case.examples} examples with {case.checkpoints} "
                "checkpoints, which has no figure"
            )
        figure = self._by_case[case]
        if figure.scaled:
            self.used_scaled.append(case)
        return figure


def engine_vs_tfma_multi_model_k20(figures: Figures) -> float:
    """Divides the whole of the engine by that of one stock TFMA run of all models; 15,002."""
    many = figures.sizes.many
    return _over(figures.at_small(ENGINE, many), figures.at_small(TFMA_ALL_MODELS, many))


def engine_vs_tfma_multi_model_k5_measured(figures: Figures) -> float:
    """Divides the whole of the engine by that of one stock TFMA run of 5 models; 2,000 examples.

    Nothing is scaled, so start-up is the larger part of what the engine takes.
    """
    few = figures.sizes.few
    return _over(figures.at_smallest(ENGINE, few), figures.at_smallest(TFMA_ALL_MODELS, few))


def engine_vs_tfma_multi_model_k5_15002(figures: Figures) -> float:
    """Divides the whole of the engine by that of one stock TFMA run of 5 models; 15,002, measured.

    With 20 models that figure is scaled; this one is not.
    """
    few = figures.sizes.few
    return _over(figures.at_small(ENGINE, few), figures.at_small(TFMA_ALL_MODELS, few))


def engine_vs_estimator_evaluate_k20(figures: Figures) -> float:
    """Divides the whole of the engine by that of `estimator.evaluate` twenty times; 15,002."""
    many = figures.sizes.many
    return _over(figures.at_small(ENGINE, many), figures.at_small(ESTIMATOR_EVALUATE, many))


def engine_vs_keras_evaluate_k20(figures: Figures) -> float:
    """Divides the whole of the engine by that of Keras's `evaluate` twenty times; 15,002."""
    many = figures.sizes.many
    return _over(figures.at_small(ENGINE, many), figures.at_small(KERAS_EVALUATE, many))


def engine_k20_vs_tfma_single_k1(figures: Figures) -> float:
    """Divides the whole of the engine, K = 20, by that of one stock TFMA run, K = 1; 15,002."""
    many = figures.sizes.many
    return _over(figures.at_small(ENGINE, many), figures.at_small(TFMA_PER_CHECKPOINT, 1))


def engine_k20_vs_newest_tfma_single_k1(figures: Figures) -> float:
    """Divides the whole of the engine, K = 20, by one run of the newest TFMA, K = 1; 15,002.

    That runs on the newest TensorFlow and Python, the engine on the stack of the pipeline.
    """
    many = figures.sizes.many
    return _over(figures.at_small(ENGINE, many), figures.at_small(TFMA_NEWEST_STACK, 1))


def steady_state_vs_bare_session_run(figures: Figures) -> float:
    """Divides seconds per example after the first batch, engine by bare `session.run`; 300,000.

    The engine reads and decodes its examples meanwhile, and computes metrics; the bare
    `session.run` has them in memory and computes predictions only. K = 20.
    """
    return _steady_state(figures, ENGINE, figures.sizes.many)


def steady_state_without_folds_vs_bare_session_run(figures: Figures) -> float:
    """Divides as `steady_state_vs_bare_session_run`, the engine without the jackknife's folds."""
    return _steady_state(figures, ENGINE_WITHOUT_FOLDS, figures.sizes.many)


def steady_state_k100_vs_bare_session_run(figures: Figures) -> float:
    """Divides as `steady_state_vs_bare_session_run`, with 100 checkpoints on both sides."""
    return _steady_state(figures, ENGINE, figures.sizes.most)


def marginal_checkpoint(figures: Figures) -> float:
    """Divides the cost of a further checkpoint by that of the first, engine, 300,000 examples.

    ((whole with K = 20 - whole with K = 1) / 19) / whole with K = 1. The first checkpoint costs a
    whole run: start-up and reading the data are part of it.
    """
    many = figures.sizes.many
    first = figures.at_large(ENGINE, 1).whole
    return (figures.at_large(ENGINE, many).whole - first) / (many - 1) / first


def memory_growth_20x_data(figures: Figures) -> float:
    """Divides the engine's peak resident memory at 300,000 examples by that at 15,002; K = 20."""
    many = figures.sizes.many
    more = figures.at_large(ENGINE, many).peak_bytes
    less = figures.at_small(ENGINE, many).peak_bytes
    assert more is not None
    assert less is not None
    return more / less


def start_up_seconds_k20(figures: Figures) -> float:
    """Seconds from the end of the imports to the end of the engine's first batch; K = 20, 15,002.

    No ratio, but it has a target: to build the pipeline, start Beam, load the models, first batch.
    """
    start_up = figures.at_small(ENGINE, figures.sizes.many).start_up
    assert start_up is not None
    return start_up


# Ratios and the largest values that meet their targets; None where there is no target.
_TARGETS: tuple[tuple[Callable[[Figures], float], float | None], ...] = (
    (steady_state_vs_bare_session_run, 1.25),
    (steady_state_without_folds_vs_bare_session_run, None),
    (steady_state_k100_vs_bare_session_run, None),
    (engine_vs_estimator_evaluate_k20, 1 / 10),
    (engine_vs_keras_evaluate_k20, None),
    (engine_k20_vs_tfma_single_k1, 0.10),
    (engine_k20_vs_newest_tfma_single_k1, None),
    (engine_vs_tfma_multi_model_k5_measured, 1 / 150),
    (engine_vs_tfma_multi_model_k5_15002, None),
    (engine_vs_tfma_multi_model_k20, 1 / 150),
    (marginal_checkpoint, 0.08),
    (memory_growth_20x_data, 1.2),
    (start_up_seconds_k20, 10.0),
)


@dataclasses.dataclass(frozen=True)
class Ratio:
    """A ratio and its target.

    Attributes:
        name: Key in the JSON.
        definition: What is divided by what.
        value: None if it could not be computed.
        limit: Largest value that meets the target; None without a target.
        met: Whether the target is met; None without a value or a target.
        uses_scaled: Whether a figure behind it was scaled, not measured.
        missing: Why there is no value.
    """

    name: str
    definition: str
    value: float | None
    limit: float | None
    met: bool | None
    uses_scaled: bool
    missing: str | None


def ratios(plan: BenchmarkPlan, by_case: Mapping[Case, Figure]) -> list[Ratio]:
    """Computes all ratios, also those without a value, in a fixed order."""
    found = []
    for compute, limit in _TARGETS:
        figures = Figures(plan, by_case)
        value, missing, met = None, None, None
        try:
            value = compute(figures)
            met = None if limit is None else value <= limit
        except MissingFigureError as error:
            missing = str(error)
        definition = " ".join((inspect.getdoc(compute) or "").split())
        scaled = bool(figures.used_scaled)
        found.append(Ratio(compute.__name__, definition, value, limit, met, scaled, missing))
    return found


def _over(ours: Figure, theirs: Figure) -> float:
    return ours.whole / theirs.whole


def _steady_state(figures: Figures, contender: str, checkpoints: int) -> float:
    ours = figures.at_large(contender, checkpoints).steady_per_example
    bare = figures.at_large(BARE_SESSION_RUN, checkpoints).steady_per_example
    if ours is None or bare is None:
        raise MissingFigureError("needs more than one batch")
    return ours / bare
