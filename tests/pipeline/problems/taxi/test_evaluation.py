from pipeline.problems.taxi import features
from pipeline.problems.taxi.evaluation import eval_config
from pipeline.problems.taxi.problem import taxi


def test_the_label_is_not_among_the_inputs() -> None:
    assert not {"tips", features.LABEL} & set(features.inputs())


def test_some_thresholds_are_on_slices_and_some_on_change() -> None:
    thresholds = [
        (spec, threshold)
        for metrics in eval_config().metrics_specs
        for metric in metrics.metrics
        for per_slice in metric.per_slice_thresholds
        for spec in per_slice.slicing_specs
        for threshold in [per_slice.threshold]
    ]
    assert any(spec.feature_values for spec, _ in thresholds)
    assert any(t.HasField("change_threshold") for _, t in thresholds)
    assert any(t.HasField("value_threshold") for _, t in thresholds)


def test_the_default_run_leaves_twenty_checkpoints() -> None:
    assert taxi().steps / taxi().checkpoint_steps == 20
