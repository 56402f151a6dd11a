"""The figures and targets as tables on a terminal."""

from collections.abc import Iterable, Mapping

from rich.table import Table

from benchmarks.engine.cases import Case
from benchmarks.engine.figures import Figure
from benchmarks.engine.ratios import Ratio


def figures_table(figures: Iterable[Figure]) -> Table:
    """Shows a line for each case, grouped by size; the JSON says how figures were scaled."""
    table = _table("Whole process after imports")
    table.add_column("way", no_wrap=True)
    for name in ("examples", "K", "whole s", "start s", "µs/ex.", "MB"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    previous = None
    for figure in figures:
        case = figure.case
        size = (case.examples, case.checkpoints)
        if previous not in (None, size):
            table.add_section()
        previous = size
        steady = figure.steady_per_example
        table.add_row(
            case.contender,
            f"{case.examples:,}",
            str(case.checkpoints),
            f"~{figure.whole:,.0f}" if figure.scaled else f"{figure.whole:,.2f}",
            _number(figure.start_up, 2),
            _number(None if steady is None else steady * 1e6, 1),
            _number(None if figure.peak_bytes is None else figure.peak_bytes / 1e6, 0),
            "scaled" if figure.scaled else _runs(figure),
        )
    return table


def ratios_table(ratios: Iterable[Ratio]) -> Table:
    """Shows a line for each target."""
    table = _table("Targets")
    table.add_column("", no_wrap=True)
    table.add_column("value", justify="right")
    table.add_column("target", justify="right")
    table.add_column("", overflow="fold")
    for ratio in ratios:
        table.add_row(
            ratio.name,
            "–" if ratio.value is None else f"{ratio.value:.4g}",
            "" if ratio.limit is None else f"≤ {ratio.limit:.3g}",
            _verdict(ratio),
        )
    return table


def start_up_table(case: Case, parts: Mapping[str, float]) -> Table:
    """Shows where a case's start-up goes, in seconds by part."""
    table = _table(None)
    table.add_column(
        f"Start-up of {case.contender}, {case.examples:,} examples, K = {case.checkpoints}"
    )
    table.add_column("s", justify="right")
    for name, seconds in parts.items():
        table.add_row(name, f"{seconds:.2f}")
    return table


def _verdict(ratio: Ratio) -> str:
    if ratio.missing is not None:
        return f"[yellow]unknown[/]: {ratio.missing}"
    if ratio.met is None:
        return "no target"
    word = "[green]met[/]" if ratio.met else "[red]missed[/]"
    return word + (", against a scaled figure" if ratio.uses_scaled else "")


def _runs(figure: Figure) -> str:
    if figure.runs == 1:
        return "1 run"
    return f"{figure.runs} runs {figure.lowest:.1f}-{figure.highest:.1f}"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _table(title: str | None) -> Table:
    return Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
