"""The pipeline and the run that an execution belongs to, as reports and cards say them."""

from tfx.dsl.components.base.base_executor import BaseExecutor


def identity(context: BaseExecutor.Context | None) -> dict[str, str]:
    """Returns `pipeline` and `run`, as far as the orchestrator tells them.

    Args:
        context: Context of the executor; None outside of a pipeline.
    """
    if context is None:
        return {}
    info = context.pipeline_info
    known = {"pipeline": info.id if info else "", "run": context.pipeline_run_id or ""}
    return {key: value for key, value in known.items() if value}
