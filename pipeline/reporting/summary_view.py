"""Prints a summary on the terminal."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from checkpoint_sweep.report.document import REPORT_HTML
from checkpoint_sweep.report.terminal import verdicts_as_table
from checkpoint_sweep.selection.formatting import with_sign
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict_table import rows_to_show
from pipeline.reporting.run_summary import Summary


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
    if summary.training and (step := summary.training["continued_from_step"]) is not None:
        console.print(f"[bold]Training[/] continued from step {step}, where it was interrupted")
    if summary.sweep:
        console.print(_checkpoints(summary.sweep.decision))
        console.print(_choice(summary.sweep.decision))
    console.print(_evaluation(summary))
    if summary.evaluator and (baseline := summary.evaluator.baseline_model):
        console.print(f"[bold]Baseline[/] {escape(baseline)}", soft_wrap=True, highlight=False)
    if summary.pushed_model:
        to = f"[bold]Pushed[/] to {escape(summary.pushed_model)}"
        console.print(to, soft_wrap=True)
    else:
        console.print(f"[bold]Pushed[/] nothing. {escape(_reason(summary))}")
    if report := _report(summary):
        console.print(f"[bold]Report[/] {escape(str(report))}", soft_wrap=True, highlight=False)
    console.print(f"[dim]All of this as JSON: {escape(str(path))}[/]", soft_wrap=True)


def _reason(summary: Summary) -> str:
    """Says why nothing was pushed; in short where the sweep's line has said it all."""
    if summary.sweep and not summary.sweep.decision.blessed:
        return "The sweep blessed nothing."
    return summary.reason


def _report(summary: Summary) -> Path | None:
    """Finds the page about the sweep, where it has written one."""
    if summary.sweep is None or not summary.sweep.evaluation:
        return None
    page = Path(summary.sweep.evaluation, REPORT_HTML)
    return page if page.is_file() else None


def _checkpoints(found: SweepVerdicts) -> Table:
    averages = any(verdict.is_average for verdict in rows_to_show(found))
    return verdicts_as_table(
        found,
        Column("step or average" if averages else "step", justify="right"),
        lambda verdict: verdict.name if verdict.is_average else str(verdict.step),
        "Checkpoints on eval",
    )


def _choice(found: SweepVerdicts) -> str:
    word = "[green]BLESSED[/]" if found.blessed else "[red]NOT BLESSED[/]"
    last = next(reversed(found.checkpoints), None)
    versus = ""
    if last and found.chosen not in (None, last.name) and last.value is not None:
        value = with_sign(last.value, last.interval)
        versus = f". The last, step {last.step}, has {value}"
    return f"[bold]Sweep[/] {word}: {escape(found.reason)}{versus}"


def _evaluation(summary: Summary) -> str:
    evaluator = summary.evaluator
    if evaluator is None:
        what = "new" if summary.sweep and summary.sweep.decision.blessed else "blessed"
        return f"[bold]Evaluator[/] did not run: there was nothing {what} to confirm"
    word = "[green]BLESSED[/]" if evaluator.blessed else "[red]NOT BLESSED[/]"
    has_baseline = bool(evaluator.baseline_model)
    versus = "beside the baseline" if has_baseline else "no earlier blessed model to compare with"
    if evaluator.words:
        versus += f": {escape(evaluator.words)}"
    failures = "".join(f"\n  {escape(failure)}" for failure in evaluator.failures)
    return f"[bold]Evaluator[/] {word} on test, {versus}{failures}"
