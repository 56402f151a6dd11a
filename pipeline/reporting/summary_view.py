"""Prints a summary on the terminal."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.reporting.run_summary import CONTINUED_FROM, Summary


def print_summary(summary: Summary, path: Path, console: Console) -> None:
    """Prints what ran, the checkpoints, the winner, the Evaluator's verdict and the push.

    Args:
        summary: to print.
        path: where it has been written.
        console: to print on.
    """
    console.print()
    console.print(_nodes(summary))
    for anomaly in summary.anomalies:
        console.print(f"[yellow]anomaly[/] {escape(anomaly)}", highlight=False)
    if summary.training and summary.training[CONTINUED_FROM] is not None:
        step = summary.training[CONTINUED_FROM]
        console.print(f"[bold]Training[/] continued from step {step}, where it was interrupted")
    if summary.sweep:
        console.print(_checkpoints(summary))
        console.print(_choice(summary.sweep, summary.checkpoints))
    console.print(_evaluation(summary), soft_wrap=True)
    if summary.pushed_model:
        pushed = f"to {summary.pushed_model}"
    else:
        pushed = f"nothing. {escape(summary.reason)}"
    console.print(f"[bold]Pushed[/] {pushed}", soft_wrap=True)
    console.print(f"[dim]All of this as JSON: {path}[/]", soft_wrap=True)


def _nodes(summary: Summary) -> Table:
    table = Table(title="What ran", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("node")
    table.add_column("state")
    table.add_column("seconds", justify="right")
    for node in summary.nodes:
        table.add_row(node.name, node.state, f"{node.seconds:.1f}")
    return table


def _checkpoints(summary: Summary) -> Table:
    assert summary.sweep is not None
    selection = summary.sweep["selection"]
    arrow = "↑" if selection["direction"] == "HIGHER_IS_BETTER" else "↓"
    table = Table(title="Checkpoints on eval", title_justify="left", box=None, padding=(0, 2, 0, 0))
    averages = any(_is_average(verdict) for verdict in summary.checkpoints)
    table.add_column("step or average" if averages else "step", justify="right")
    table.add_column(f"{selection['metric']} {arrow}", justify="right")
    table.add_column("±", justify="right")
    table.add_column("thresholds")
    table.add_column("verdict", overflow="fold")
    for verdict in summary.checkpoints:
        chosen = verdict["name"] == summary.sweep["chosen"]
        table.add_row(
            verdict["name"] if _is_average(verdict) else str(verdict["step"]),
            "–" if verdict["value"] is None else f"{verdict['value']:.5f}",
            _half_width(verdict.get("interval")),
            _thresholds(verdict),
            verdict["reason"],
            style="bold green" if chosen else None if verdict["eligible"] else "yellow",
        )
    return table


def _choice(sweep: dict[str, Any], checkpoints: list[dict[str, Any]]) -> str:
    word = "[green]BLESSED[/]" if sweep["blessed"] else "[red]NOT BLESSED[/]"
    last = [c for c in checkpoints if not _is_average(c)][-1]
    versus = ""
    if sweep["chosen"] not in (None, last["name"]) and last["value"] is not None:
        versus = f". The last, step {last['step']}, has {last['value']:.5f}"
        if last.get("difference"):
            difference = last["difference"]
            versus += (
                f", a difference of {difference['value']:+.5f} ± "
                f"{_half_width(difference['interval'])}"
            )
    return f"[bold]Sweep[/] {word}: {escape(sweep['reason'])}{versus}"


def _is_average(verdict: dict[str, Any]) -> bool:
    return verdict.get("averaged") is not None


def _evaluation(summary: Summary) -> str:
    evaluator = summary.evaluator
    if evaluator is None:
        what = "new" if summary.sweep and summary.sweep["blessed"] else "blessed"
        return f"[bold]Evaluator[/] did not run: there was nothing {what} to confirm"
    word = "[green]BLESSED[/]" if evaluator["blessed"] else "[red]NOT BLESSED[/]"
    baseline = evaluator["baseline_model"]
    versus = f"compared with {baseline}" if baseline else "no earlier blessed model to compare with"
    if evaluator.get("words"):
        versus += f": {escape(evaluator['words'])}"
    failures = "".join(f"\n  missed {failure}" for failure in evaluator["failures"])
    return f"[bold]Evaluator[/] {word} on test, {versus}{failures}"


def _half_width(interval: list[float] | None) -> str:
    return "–" if interval is None else f"{(interval[1] - interval[0]) / 2:.5f}"


def _thresholds(verdict: dict[str, Any]) -> str:
    if verdict["missed"]:
        return f"missed {len(verdict['missed'])}"
    return "passed" if verdict["eligible"] else "–"
