"""What `make bench` has found, as Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.common.page import rows
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
from benchmarks.engine.figures import Figure
from benchmarks.engine.plan import BenchmarkPlan, BenchmarkSizes
from benchmarks.engine.ratios import Ratio

_NAMES = {
    ENGINE: "this engine",
    ENGINE_WITHOUT_FOLDS: "this engine, no folds",
    TFMA_PER_CHECKPOINT: "stock TFMA, a run per checkpoint",
    TFMA_ALL_MODELS: "stock TFMA, all models in one run",
    TFMA_NEWEST_STACK: "the newest TFMA, a run per checkpoint",
    ESTIMATOR_EVALUATE: "`estimator.evaluate`",
    SLIM_EVALUATE_ONCE: "`tf_slim` `evaluate_once`",
    KERAS_EVALUATE: "Keras `evaluate`",
    BARE_SESSION_RUN: "bare fused `session.run`",
}


def markdown(
    plan: BenchmarkPlan, figures: Mapping[Case, Figure], ratios: Iterable[Ratio], measured_on: str
) -> str:
    """Formats everything that is measured: a page's section.

    Args:
        plan: What was to be measured.
        figures: By case.
        ratios: Ratios, with their targets.
        measured_on: Sentences about the machine.
    """
    parts = [
        measured_on,
        "## Targets",
        targets(ratios),
        "## Whole process after imports, seconds",
        "Median of three with the lowest and highest in brackets, or one run; **~** is scaled, not "
        "measured.",
        wholes(plan.sizes, figures),
        *_newest(figures),
        scales(plan, figures),
        "## After the first batch, microseconds an example",
        steady(plan.sizes, figures),
        "## Start-up and memory of this engine",
        start_up(plan.sizes, figures),
    ]
    return "\n\n".join(part for part in parts if part)


def targets(ratios: Iterable[Ratio]) -> str:
    """Formats a line for each ratio; a missed target is bold."""
    lines = []
    for ratio in ratios:
        value, words = _value(ratio.value), "no target"
        if ratio.missing is not None:
            words = f"unknown: {ratio.missing}"
        elif ratio.met is not None:
            words = "met" if ratio.met else "**missed**"
            value = value if ratio.met else f"**{value}**"
        if ratio.uses_scaled:
            words += "; against a scaled figure"
        limit = "" if ratio.limit is None else f"≤ {_value(ratio.limit)}"
        lines.append([f"`{ratio.name}`", value, limit, words])
    return rows(["ratio", "value", "target", ""], lines)


def wholes(sizes: BenchmarkSizes, figures: Mapping[Case, Figure]) -> str:
    """Formats a line for each contender, with a column for each size."""
    columns = [
        (sizes.smallest, sizes.few),
        *((sizes.small, count) for count in (1, sizes.few, sizes.many)),
        *((sizes.large, count) for count in (1, sizes.many, sizes.most)),
    ]
    lines = [
        [name, *(_whole(figures.get(Case(contender, *column))) for column in columns)]
        for contender, name in _NAMES.items()
    ]
    heads = [f"{examples:,}, K = {count}" for examples, count in columns]
    return rows(["way", *heads], [line for line in lines if any(line[1:])])


def scales(plan: BenchmarkPlan, figures: Mapping[Case, Figure]) -> str:
    """Lists how each scaled figure was made, and from which."""
    lines = [
        f"- {_NAMES[scaled.case.contender]}, {scaled.case.examples:,}, "
        f"K = {scaled.case.checkpoints}: {figures[scaled.case].scaled} "
        f"({' and '.join(_seconds(figures[case].whole) for case in scaled.along)} s)"
        for scaled in plan.scaled
        if scaled.case in figures
    ]
    return "\n".join(["How the scaled ones were made:\n", *lines]) if lines else ""


def steady(sizes: BenchmarkSizes, figures: Mapping[Case, Figure]) -> str:
    """Formats what the ratios of the steady state are made of."""
    heads = [f"{sizes.large:,}, K = {count}" for count in (1, sizes.many, sizes.most)]
    lines = []
    for contender in (ENGINE, ENGINE_WITHOUT_FOLDS, BARE_SESSION_RUN):
        found = [
            figures.get(Case(contender, sizes.large, count))
            for count in (1, sizes.many, sizes.most)
        ]
        seconds = [figure.steady_per_example if figure else None for figure in found]
        cells = ["" if one is None else f"{one * 1e6:.1f}" for one in seconds]
        lines.append([_NAMES[contender], *cells])
    return rows(["way", *heads], [line for line in lines if any(line[1:])])


def start_up(sizes: BenchmarkSizes, figures: Mapping[Case, Figure]) -> str:
    """Formats the parts of the start-up, seconds, and the peak memory, MB."""
    cases: Sequence[Case] = [
        Case(ENGINE, sizes.small, sizes.many),
        Case(ENGINE, sizes.large, sizes.many),
        Case(ENGINE, sizes.large, sizes.most),
    ]
    found = [figures[case] for case in cases if case in figures]
    names = list(dict.fromkeys(name for one in found for name in one.start_up_parts or {}))
    lines = [
        [
            f"{one.case.examples:,}, K = {one.case.checkpoints}",
            *(f"{(one.start_up_parts or {}).get(name, 0.0):.2f}" for name in names),
            f"{(one.start_up or 0.0):.2f}",
            f"{(one.peak_bytes or 0.0) / 1e6:,.0f}",
        ]
        for one in found
    ]
    return rows(["", *(f"{name}, s" for name in names), "in all, s", "peak, MB"], lines)


def _newest(figures: Mapping[Case, Figure]) -> list[str]:
    """Says which stack the newest one is."""
    stacks = {
        figure.stack for case, figure in figures.items() if case.contender == TFMA_NEWEST_STACK
    }
    return [f"The newest TFMA is {stack}, in an environment of its own." for stack in stacks]


def _whole(figure: Figure | None) -> str:
    if figure is None:
        return ""
    if figure.scaled:
        return f"~{figure.whole:,.0f}"
    if figure.runs == 1:
        return _seconds(figure.whole)
    assert figure.lowest is not None
    assert figure.highest is not None
    return f"{_seconds(figure.whole)} ({_seconds(figure.lowest)}-{_seconds(figure.highest)})"


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _value(value: float | None) -> str:
    """Formats a ratio; of one far below 1 also how many times less it is."""
    if value is None:
        return "–"
    # A marginal cost within the noise may be below zero.
    return f"{value:.3g}" if value >= 0.2 or value <= 0 else f"{value:.3g} (1/{1 / value:.3g})"
