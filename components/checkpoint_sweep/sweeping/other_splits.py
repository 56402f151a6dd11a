"""The splits of a sweep beside the one that chooses, from settings to what evaluates them."""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.named_thresholds import without_thresholds
from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.evaluation.candidates.fingerprint import EvaluationFingerprint
from checkpoint_sweep.evaluation.candidates.runner import SplitEvaluation
from checkpoint_sweep.evaluation.inputs.source import ExampleSource
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec, find_tracked_metrics
from checkpoint_sweep.evaluation.request import Engine, EvaluationRequest
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.selection.criteria import ThresholdMode
from checkpoint_sweep.selection.metric_lookup import check_computed, check_slice, complete_name
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.split_thresholds import SplitThreshold
from checkpoint_sweep.sweeping.settings import SweepSettings

# Opens examples, given the SavedModels that take them: the exported ones, and the baseline if
# there is one.
Opener: TypeAlias = Callable[[Sequence[SavedModel]], ExampleSource]


@dataclasses.dataclass(frozen=True)
class SplitOpeners:
    """Functions that open the examples of a sweep.

    Attributes:
        choosing: Opens the split that chooses.
        others: Open other splits, by name, on which every candidate is evaluated too.
    """

    choosing: Opener
    others: Mapping[str, Opener] = dataclasses.field(default_factory=dict)


def complete_thresholds(
    thresholds: Sequence[SplitThreshold],
    eval_config: config_pb2.EvalConfig,
    others: Collection[MetricName] = (),
) -> list[SplitThreshold]:
    """Finds the whole names of the metrics of thresholds on splits, and checks these.

    Args:
        thresholds: Thresholds, as they were given.
        eval_config: Evaluation config with TFMA's defaults.
        others: Names of metrics that are computed beside those of the config.

    Raises:
        SelectionError: The config does not compute a metric, or not on the slice.
    """
    result = []
    for threshold in thresholds:
        found = complete_name(threshold.selection, eval_config, others)
        check_computed(found, eval_config, others)
        check_slice(found, eval_config)
        name = found.metric if found.is_composite else str(found.single_name)
        result.append(dataclasses.replace(threshold, metric=name))
    return result


def tracked_on_choosing(
    settings: SweepSettings, eval_config: config_pb2.EvalConfig, others: Collection[str]
) -> list[Selection]:
    """Lists the metrics whose errors on the split that chooses thresholds ask for.

    Args:
        settings: Settings of the sweep.
        eval_config: Evaluation config with TFMA's defaults.
        others: Names of the other splits.
    """
    own = [t for t in settings.split_thresholds if t.of_gap or t.split not in others]
    return _tracked(own, settings, eval_config)


def make_other_splits(
    sources: Mapping[str, ExampleSource],
    engine: Callable[[ExampleSource], Engine],
    request: EvaluationRequest,
    settings: SweepSettings,
    fingerprint: Callable[
        [ExampleSource, config_pb2.EvalConfig, UncertaintySpec | None], EvaluationFingerprint
    ],
) -> list[SplitEvaluation]:
    """Makes what evaluates each of the other splits.

    Thresholds of the evaluation config are on the split that chooses alone.

    Args:
        sources: Examples of each split, by name.
        engine: Gives the engine that evaluates on some examples.
        request: Request on the split that chooses.
        settings: Settings of the sweep.
        fingerprint: Makes the fingerprint of an evaluation, of examples, config and tracked
            metrics.
    """
    config = without_thresholds(request.eval_config)
    result = []
    for name, source in sources.items():
        own = [threshold for threshold in settings.split_thresholds if threshold.split == name]
        tracked = find_tracked_metrics(
            config,
            dataclasses.replace(settings.selection, threshold_mode=ThresholdMode.VALUE),
            settings.cluster_key,
            _tracked(own, settings, config),
        )
        other = dataclasses.replace(
            request,
            eval_config=config,
            read=source.read,
            read_in_parts=source.in_parts,
            tensor_adapter_config=source.tensor_adapter_config,
            tracked_metrics=tracked,
            race=None,
            split=name,
        )
        result.append(SplitEvaluation(engine(source), other, fingerprint(source, config, tracked)))
    return result


def _tracked(
    thresholds: Sequence[SplitThreshold],
    settings: SweepSettings,
    eval_config: config_pb2.EvalConfig,
) -> list[Selection]:
    if settings.selection.threshold_mode is not ThresholdMode.CONFIDENT:
        return []
    return [complete_name(threshold.selection, eval_config) for threshold in thresholds]
