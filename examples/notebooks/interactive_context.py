"""A sweep in TFX's InteractiveContext; in a notebook, each line of `show` is a cell."""

from tfx.orchestration.experimental.interactive.interactive_context import InteractiveContext

from checkpoint_sweep import CheckpointSweep, Selection


def show(examples, trainer, eval_config, root="notebook-root"):
    """Runs the components, and shows the report, then the verdicts."""
    context = InteractiveContext(pipeline_root=root)
    context.run(examples)
    context.run(trainer)
    component = CheckpointSweep(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        model_run=trainer.outputs["model_run"],
        eval_config=eval_config,
        selection=Selection("auc"),
    )
    context.run(component)
    context.show(component.outputs["evaluation"])  # the report
    context.show(component.outputs["blessing"])  # whether it blesses, and the table of verdicts
