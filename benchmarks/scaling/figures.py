"""Tables and the cost model of `benchmarks.scaling`."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from benchmarks.common import page
from benchmarks.scaling.cost_model import TERMS, CostModel, Load
from checkpoint_sweep.evaluation.inputs.parallelism import parts_of_a_file

# Examples, models and slices of what is foretold.
_FAR = (10**9, 100, 25)
_FAR_FILES = 4  # For each worker.
_HEADS = (
    "way",
    "workers",
    "shards",
    "s",
    "speedup",
    "CPU s",
    "speedup",
    "ideal",
    "differ",
    "at most",
)


def differences(expected: dict[str, float], found: dict[str, float]) -> tuple[int, int, float]:
    """Compares the values of two results that have both.

    Returns:
        How many they are, how many of them differ, and by how much at most, relatively.
    """
    both = expected.keys() & found.keys()
    apart = [abs(expected[key] - found[key]) / max(abs(expected[key]), 1e-300) for key in both]
    return len(both), sum(one > 0 for one in apart), max(apart, default=0.0)


def fit(measured: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Fits a cost model to cases of one runner.

    Args:
        measured: What the cases took, by the names of `ScalingCase` and of `job`.

    Returns:
        `seconds` for each of `TERMS`; `residuals` in the order of the cases, predicted by measured
        less one; `hours` that 10^9 examples of 100 checkpoints take, by the number of workers.
    """
    loads = [_load(one) for one in measured]
    seconds = [one["cpu_seconds"] for one in measured]
    model = CostModel.fit(loads, seconds)
    workers = (1, 10, 100, 1000) if max(load.workers for load in loads) > 1 else (1,)
    far = {number: Load(*_FAR, number, _FAR_FILES * number, number) for number in workers}
    return {
        "seconds": dict(zip(TERMS, model.seconds.tolist(), strict=True)),
        "residuals": model.residuals(loads, seconds).tolist(),
        "hours": {number: model.predict(load) / 3600 for number, load in far.items()},
    }


def _load(one: dict[str, Any]) -> Load:
    shards, workers = one["shards"], one["workers"]
    parts = shards * parts_of_a_file(shards, workers)
    elements = one["elements"] or workers
    return Load(one["examples"], one["checkpoints"], one["slices"], workers, parts, elements)


def grid_table(grid: Sequence[dict[str, Any]]) -> Table:
    """Shows a line for each runner and number of shards.

    The speed-up is over one process on the same shards.

    CPU seconds are those of this process and of the busiest worker: what else the machine does
    does not count.
    """
    title = f"Workers and shards; {grid[0]['compared']:,} values compared"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in _HEADS:
        table.add_column(name, justify="right", no_wrap=True)
    for cells in _lines(grid):
        table.add_row(*cells)
    return table


def grid_markdown(grid: Sequence[dict[str, Any]]) -> str:
    """Formats what `grid_table` shows as Markdown."""
    text = (
        "The speedup is over one process on the same shards. "
        f"{grid[0]['compared']:,} values are compared with those of the first line.\n\n"
    )
    return text + page.rows(_HEADS, _lines(grid))


def _lines(grid: Sequence[dict[str, Any]]) -> list[list[str]]:
    alone = {one["shards"]: one for one in grid if one["way"] == "one process"}
    lines = []
    for one in grid:
        here, counted = alone[one["shards"]], one["way"] != "processes"
        lines.append(
            [
                one["way"],
                str(one["workers"]),
                str(one["shards"]),
                f"{one['seconds']:.1f}",
                f"{here['seconds'] / one['seconds']:.2f}",
                f"{one['cpu_seconds']:.1f}" if counted else "",
                f"{here['cpu_seconds'] / one['cpu_seconds']:.2f}" if counted else "",
                str(one["workers"]),
                str(one["different"]),
                f"{one['largest']:.1e}",
            ]
        )
    return lines


def model_table(way: str, model: dict[str, Any]) -> Table:
    """Shows the seconds for each term, the largest residual, and what the far case takes.

    Args:
        way: Runner whose model it is.
        model: Cost model as `fit` gives it.
    """
    title = f"Cost model, {way}"
    table = Table(title=title, title_justify="left", box=None, show_header=False)
    for cells in _model_lines(model):
        table.add_row(*cells)
    return table


def model_markdown(way: str, model: dict[str, Any]) -> str:
    """Formats what `model_table` shows as Markdown."""
    return page.rows([f"cost model, {way}", ""], _model_lines(model))


def _model_lines(model: dict[str, Any]) -> list[list[str]]:
    lines = [
        [f"seconds for each {name}", f"{seconds:.3g}"] for name, seconds in model["seconds"].items()
    ]
    lines.append(["largest residual", f"{max(map(abs, model['residuals'])):.0%}"])
    examples, models, _ = _FAR
    for workers, hours in model["hours"].items():
        lines.append([f"{examples:.0e} examples x {models}, {workers} workers", f"{hours:.2f} h"])
    return lines
