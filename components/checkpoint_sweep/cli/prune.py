"""The command that removes checkpoints. What takes seconds to import is imported when it runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from checkpoint_sweep.cli import options, screen

if TYPE_CHECKING:
    from checkpoint_sweep.sweeping.prune_plan import PrunePlan

_NAMED = 20


def prune(
    run: options.Run,
    keep: Annotated[
        list[str],
        typer.Option(
            help="What to keep: best-set, those tied with the best; best:N, the N best; every:N, "
            "the steps that are multiples of N; latest:N, the last N. Several by commas, or "
            "repeatable."
        ),
    ],
    sweep: Annotated[
        str | None, typer.Option(help="Folder of the sweeps of the run. (default: RUN-sweep)")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Folder of the exported SavedModel. (default: where the sweep found it)"),
    ] = None,
    step_from: options.StepFrom = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove them; else you only see them.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Remove the checkpoints of a swept run that nothing needs any more.

    You see what would go, and how many bytes that frees; --yes removes it. Whatever you keep by
    --keep, these stay: the chosen checkpoint, the one that was exported, the newest, the latest in
    TensorFlow's file `checkpoint`, and all that the sweep has not evaluated. The results of the
    sweep stay too.

    Examples:

      checkpoint-sweep prune run --keep=best-set,every:1000
      checkpoint-sweep prune run --keep=best-set --keep=latest:2 --yes

    Exit status: 0, or 2 for bad input.
    """
    with screen.loading(quiet=as_json):
        from checkpoint_sweep.sweeping.prune import plan_pruning
        from checkpoint_sweep.sweeping.prune import prune as remove

    plan = plan_pruning(run, keep, sweep=sweep, model=model, step_from=step_from)
    if yes:
        remove(plan)
    if as_json:
        screen.print_json(plan.to_dict() | {"done": yes})
    else:
        _print(plan, done=yes)


def _print(plan: "PrunePlan", done: bool) -> None:
    from rich.table import Table

    from checkpoint_sweep.common.console import Screen
    from checkpoint_sweep.common.text import some
    from checkpoint_sweep.selection.formatting import amount

    table = Table(box=None, padding=(0, 2, 0, 0))
    for title, justify in (("keeps", "right"), ("size", "right"), ("because", "left")):
        table.add_column(title, overflow="fold", justify=justify)  # type: ignore[arg-type]
    for checkpoint in plan.kept:
        name, reasons = f"step {checkpoint.step}", ", ".join(checkpoint.kept_by)
        table.add_row(name, amount(checkpoint.size), reasons)
    Screen().print(table)
    steps = some([str(checkpoint.step) for checkpoint in plan.removed], _NAMED)
    of = f"{len(plan.removed)} of {len(plan.checkpoints)} checkpoints"
    if plan.removed:
        verb = "Removed" if done else "Would remove"
        screen.answer(f"{verb} {of}, {amount(plan.freed)}: {steps}")
    elif plan.left_over:
        verb = "Removed" if done else "Would remove"
        screen.answer(f"{verb} {amount(plan.left_over)} that an interrupted removal has left.")
    else:
        screen.answer("There is nothing to remove.")
        return
    linked = sum(c.size - c.freed for c in plan.removed)
    if linked:
        screen.answer(f"{amount(linked)} more stay on the disk by other links, as pinned ones.")
    if not done:
        screen.answer("Nothing has been removed. Add --yes to remove them.")
