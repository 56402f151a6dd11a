"""The model function's own metrics in a sweep: from the eval graph to the metric to choose by."""

from collections.abc import Collection, Sequence

from absl import logging
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.errors import about
from checkpoint_sweep.common.names import MODEL_FUNCTION, MetricName
from checkpoint_sweep.common.text import MOST_NAMED, some
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.inputs.source import ExampleSource
from checkpoint_sweep.evaluation.model_function.engine import BATCH_SIZE, ModelFunction
from checkpoint_sweep.evaluation.model_function.sources import EvalSources
from checkpoint_sweep.evaluation.request import DEFAULT_ENGINE
from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.saved_model import eval_graph
from checkpoint_sweep.saved_model.eval_graph import EvalGraph, EvalGraphError
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.selection.criteria import ThresholdMode
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.set_policies import SecondaryMetric
from checkpoint_sweep.sweeping.settings import ModelPaths, SweepSettings


def read_eval_graph(
    models: ModelPaths, exported: SavedModel, eval_config: config_pb2.EvalConfig
) -> EvalGraph | None:
    """Reads the eval graph that is asked for.

    Args:
        models: Models of the sweep.
        exported: SavedModel that was exported.
        eval_config: Evaluation config of the sweep.

    Returns:
        The eval graph; None if it is not asked for.

    Raises:
        EvalGraphError: There is none, or one that cannot be used, or an output is named as its
            metrics are.
        SavedModelError: There is no SavedModel.
    """
    if models.eval_model is None:
        return None
    if any(MODEL_FUNCTION in spec.output_names for spec in eval_config.metrics_specs):
        raise EvalGraphError(
            f"metrics_specs name an output {MODEL_FUNCTION!r}, as metrics of the model function "
            "are named. Rename the output, or leave out ",
            Words("eval_model", "--eval-model"),
            ".",
        )
    is_exported = models.eval_model == exported.directory
    graph = eval_graph.read(exported if is_exported else SavedModel(models.eval_model))
    if graph.skipped:
        logging.warning(
            "Metrics of the model function that are not single numbers are not computed: %s.",
            some(graph.skipped, MOST_NAMED),
        )
    return graph


def names_of(graph: EvalGraph | None) -> list[MetricName]:
    """Names the metrics of an eval graph as selections and results do; none without one."""
    return [MetricName(MODEL_FUNCTION, "", name) for name in graph.names] if graph else []


def model_function(
    graph: EvalGraph,
    models: ModelPaths,
    selection: Selection,
    settings: SweepSettings,
    examples: ExampleSource,
) -> ModelFunction:
    """Makes what computes the metrics, with errors of those that decide.

    Args:
        graph: Eval graph.
        models: Models of the sweep.
        selection: Selection with whole names.
        settings: Settings of the sweep.
        examples: Examples to evaluate on.

    Raises:
        SelectionError: One decides where it is not known: on a slice, or in a race; or has a
            threshold on a slice.
        ExportedModelError: No checkpoint reproduces the weights beside the eval graph.
    """
    own = {str(name): name.name for name in names_of(graph)}
    decisive = [name for name in selection.metrics if name in own]
    policy = selection.policy
    read = [*decisive, policy.metric] if isinstance(policy, SecondaryMetric) else decisive
    _check([name for name in read if name in own], selection, settings)
    _check_thresholds(own, settings)
    if other := next((name for name in selection.metrics if name in graph.names), None):
        logging.warning(
            "%s is the metric of the evaluation config; the model function's is %s/%s.",
            other,
            MODEL_FUNCTION,
            other,
        )
    if selection.threshold_mode is ThresholdMode.CONFIDENT:
        bound = [name for t in settings.split_thresholds for name in t.selection.metrics]
        decisive += [name for name in bound if name in own]
    tracked = frozenset(own[name] for name in decisive)
    found = [find_checkpoints(run.directory, settings.step_from) for run in models.runs]
    checkpoints = [checkpoint for of_run in found for checkpoint in of_run]
    with about(Words("In eval_model: ", "In --eval-model: ")):
        sources = EvalSources(graph, models.exports[0], checkpoints)
    return ModelFunction(
        graph,
        sources,
        examples,
        settings.batch_size or BATCH_SIZE,
        tracked if settings.engine == DEFAULT_ENGINE else frozenset(),
        settings.cluster_key,
    )


def _check(names: Sequence[str], selection: Selection, settings: SweepSettings) -> None:
    """Checks that metrics of the model function may decide; raises SelectionError if not."""
    if names and any(selection.patterns):
        raise SelectionError(
            f"{names[0]!r} is a metric of the model function, which is computed on all examples. "
            "Leave out ",
            Words("slice and across", "--slice and --across"),
            ", or choose by a metric of metrics_specs.",
        )
    if names and settings.racing is not None:
        raise SelectionError(
            f"{names[0]!r} is a metric of the model function, which is computed on all examples, "
            "and a race decides after a share of them. Leave out ",
            Words("racing", "--race"),
            ", or choose by a metric of metrics_specs.",
        )


def _check_thresholds(own: Collection[str], settings: SweepSettings) -> None:
    """Checks that no threshold is on a metric of the model function on a slice.

    Raises:
        SelectionError: One is, and could never be met.
    """
    for threshold in settings.split_thresholds:
        name = next((name for name in threshold.selection.metrics if name in own), None)
        if name and threshold.slice:
            raise SelectionError(
                f"{name!r} is a metric of the model function, which is computed on all examples, "
                f"and the threshold {str(threshold)!r} is on a slice. Leave out the slice, or name "
                "a metric of metrics_specs."
            )
