import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from pipeline.problems.fares import features
from pipeline.problems.fares.evaluation import eval_config
from pipeline.problems.fares.problem import fares


def _thresholds() -> list[tuple[str, config_pb2.SlicingSpec, config_pb2.MetricThreshold]]:
    return [
        (metric.class_name, spec, per_slice.threshold)
        for metrics in eval_config().metrics_specs
        for metric in metrics.metrics
        for per_slice in metric.per_slice_thresholds
        for spec in per_slice.slicing_specs
    ]


def test_neither_the_label_nor_anything_made_of_it_is_an_input() -> None:
    assert not {"fare", "tips", "big_tipper"} & set(features.inputs())


def test_the_smaller_error_is_better() -> None:
    changes = [
        threshold.change_threshold
        for name, _, threshold in _thresholds()
        if name == "MeanAbsoluteError" and threshold.HasField("change_threshold")
    ]
    assert [c.direction for c in changes] == [tfma.MetricDirection.LOWER_IS_BETTER]


def test_some_thresholds_are_on_slices() -> None:
    assert any(spec.feature_values for _, spec, _ in _thresholds())


def test_the_default_run_leaves_twenty_checkpoints() -> None:
    assert fares().steps / fares().checkpoint_steps == 20
