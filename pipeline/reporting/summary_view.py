"""Prints a summary on the terminal."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from checkpoint_sweep.selection.telling_rows import cells, rest, telling
from checkpoint_sweep.selection.words import with_sign
from pipeline.reporting.run_summary import CONTINUED_FROM, Summary

REPORT = "report.html"


def print_summary(summary: Summary, path: Path, console: Console) -> None:
    """Prints the checkpoints that matter, the winner, the Evaluator's verdict and the push.

    What ran, and for how long, has been printed while it did.

    Args:
        summary: Summary to print.
        path: File where it has been written.
        console: Console to print on.
    """
    console.print()
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
        pushed = f"nothing. {escape(_reason(summary))}"
    console.print(f"[bold]Pushed[/] {pushed}", soft_wrap=True)
    if report := _report(summary):
        console.print(f"[bold]Report[/] {escape(str(report))}", soft_wrap=True, highlight=False)
    console.print(f"[dim]All of this as JSON: {path}[/]", soft_wrap=True)


def _reason(summary: Summary) -> str:
    """Says why nothing was pushed; in short where the sweep's line has said it all."""
    if summary.sweep and not summary.sweep["blessed"]:
        return "The sweep blessed nothing."
    return summary.reason


def _report(summary: Summary) -> Path | None:
    """Finds the page about the sweep, where it has written one."""
    if summary.sweep is None or not summary.sweep.get("evaluation"):
        return None
    page = Path(summary.sweep["evaluation"], REPORT)
    return page if page.is_file() else None


def _checkpoints(summary: Summary) -> Table:
    assert summary.sweep is not None
    selection, chosen = summary.sweep["selection"], summary.sweep["chosen"]
    higher = selection["direction"] == "HIGHER_IS_BETTER"
    shown = telling(summary.checkpoints, chosen, higher)
    table = Table(
        title="Checkpoints on eval",
        title_justify="left",
        caption=rest(summary.checkpoints, shown),
        caption_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
    )
    averages = any(_is_average(verdict) for verdict in shown)
    table.add_column("step or average" if averages else "step", justify="right")
    table.add_column(f"{selection['metric']} {'↑' if higher else '↓'}", overflow="fold")
    table.add_column("less the chosen", overflow="fold")
    table.add_column("verdict", overflow="fold", ratio=1)
    for verdict in shown:
        table.add_row(
            verdict["name"] if _is_average(verdict) else str(verdict["step"]),
            *map(escape, cells(verdict, chosen)),
            style="bold green"
            if verdict["name"] == chosen
            else None
            if verdict["eligible"]
            else "yellow",
        )
    return table


def _choice(sweep: dict[str, Any], checkpoints: list[dict[str, Any]]) -> str:
    word = "[green]BLESSED[/]" if sweep["blessed"] else "[red]NOT BLESSED[/]"
    last = [c for c in checkpoints if not _is_average(c)][-1:]
    versus = ""
    if last and sweep["chosen"] not in (None, last[0]["name"]) and last[0]["value"] is not None:
        value = with_sign(last[0]["value"], last[0].get("interval"))
        versus = f". The last, step {last[0]['step']}, has {value}"
    return f"[bold]Sweep[/] {word}: {escape(sweep['reason'])}{versus}"


def _is_average(verdict: Any) -> bool:
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
