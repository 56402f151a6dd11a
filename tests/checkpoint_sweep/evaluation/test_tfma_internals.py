"""What the adapter builds on is there, and takes what it takes in each known version of TFMA."""

import functools
import inspect
import subprocess
from types import SimpleNamespace

import pytest
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.metrics import binary_confusion_matrices, metric_types

from checkpoint_sweep.evaluation import tfma_internals
from tests.support import forked_interpreter, warm_pipeline

PARAMETERS = {
    "AbsoluteErrorCombiner": (
        "eval_config model_name output_name metric_key aggregation_type class_weights "
        "example_weighted"
    ),
    "BinaryCrossEntropyCombiner": (
        "eval_config model_name output_name metric_key aggregation_type class_weights "
        "example_weighted from_logits label_smoothing"
    ),
    "BinaryMatrixCombiner": (
        "key eval_config thresholds extract_label_prediction_and_weight example_id_key "
        "example_ids_count aggregation_type class_weights example_weighted "
        "enable_fractional_labels"
    ),
    "BootstrapCombineFn": "num_bootstrap_samples skip_ci_metric_keys",
    "CalibrationCombiner": "key eval_config aggregation_type class_weights example_weighted",
    "CategoricalCrossEntropyCombiner": (
        "eval_config model_name output_name metric_key aggregation_type class_weights "
        "example_weighted from_logits label_smoothing"
    ),
    "ClassWeightsCombiner": "key eval_config class_ids example_weighted",
    "ExactMatchCombiner": (
        "key eval_config aggregation_type class_weights exampled_weighted convert_to"
    ),
    "ExampleCountCombiner": "model_name output_name keys example_weighted",
    "HistogramCombiner": (
        "key eval_config aggregation_type class_weights example_weighted num_buckets "
        "left right prediction_based_bucketing fractional_labels"
    ),
    "JackknifeCombineFn": "num_jackknife_samples skip_ci_metric_keys",
    "KerasCombiner": (
        "metric_configs loss_configs custom_objects eval_config model_name sub_key "
        "aggregation_type class_weights example_weighted desired_batch_size"
    ),
    "LogarithmicErrorCombiner": (
        "eval_config model_name output_name metric_key aggregation_type class_weights "
        "example_weighted"
    ),
    "MultiClassMatrixCombiner": (
        "key eval_config example_weighted thresholds extract_label_prediction_and_weight"
    ),
    "MultiLabelMatrix": "",
    "MultiLabelMatrixCombiner": "key eval_config example_weighted thresholds",
    "MultiLabelMatrixKey": "actual_class_id predicted_class_id",
    "PercentageErrorCombiner": (
        "eval_config model_name output_name metric_key aggregation_type class_weights "
        "example_weighted"
    ),
    "PreprocessorDoFn": "computations",
    "SampleMetrics": "metrics sample_id",
    "SquaredErrorCombiner": (
        "eval_config model_name output_name metric_key aggregation_type class_weights "
        "example_weighted"
    ),
    "SquaredPearsonCombiner": "key eval_config aggregation_type class_weights example_weighted",
    "ThresholdEntry": "matrix tp_examples tn_examples fp_examples fn_examples",
    "TjurCombiner": "key eval_config aggregation_type class_weights example_weighted",
    "add_ci_derived_metrics": "sliced_metrics computations",
    "compare_slices_and_models": (
        "derived_computations cross_slice_computations cross_slice_specs baseline_model_name"
    ),
    "confidence_interval_params": "eval_config metrics_specs",
    "filter_by_key_type": "sliced_metrics_plots_attributions key_type",
    "is_private_metrics": "metric_key",
    "remove_private_metrics": "slice_key metrics",
    "separate_computations": "computations",
    "serialize_eval_run": "eval_config data_location file_format model_locations",
}


def test_the_version_is_one_that_the_adapter_was_written_for() -> None:
    assert tfma_internals.unknown_version() is None


def test_all_versions_name_the_same() -> None:
    first, *others = (names.keys() for names in tfma_internals.NAMES.values())
    assert [keys for keys in others if keys != first] == []


# In a fork of a process that has imported TFMA, and the library, which it forgets.
_UNKNOWN = """
import sys

for name in [name for name in sys.modules if name.partition(".")[0] == "checkpoint_sweep"]:
    del sys.modules[name]

from tensorflow_model_analysis import version
from tensorflow_model_analysis.metrics import calibration, tjur_discrimination

version.VERSION = "9.8.7"
del calibration._WeightedLabelsPredictionsExamplesCombiner
from checkpoint_sweep.evaluation.preflight import support
from tensorflow_model_analysis.proto import config_pb2

print(support.unsupported_reason(config_pb2.EvalConfig()))
"""


@pytest.mark.slow
def test_a_version_that_is_not_known_is_left_to_stock_tfma() -> None:
    python = forked_interpreter.command(warm_pipeline.without_tfx().address)
    command = [*python, "-u", "-c", _UNKNOWN]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "TFMA 9.8.7 is installed, and the engine is written for 0.46.* and 0.52.*"
    ]


def test_every_name_of_tfma_is_checked() -> None:
    of_tfma = {
        name
        for name, value in vars(tfma_internals).items()
        if str(getattr(value, "__module__", "")).startswith("tensorflow_model_analysis")
        and not name.startswith("_")
    }
    assert of_tfma == PARAMETERS.keys()


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_private_name_takes_the_expected_parameters(name: str) -> None:
    parameters = inspect.signature(getattr(tfma_internals, name)).parameters
    assert list(parameters) == PARAMETERS[name].split()


def _derived(use_histogram: bool) -> metric_types.DerivedMetricComputation:
    computations = binary_confusion_matrices.binary_confusion_matrices(
        thresholds=[0.25, 0.5], use_histogram=use_histogram
    )
    assert isinstance(computations[-1], metric_types.DerivedMetricComputation)
    return computations[-1]


def test_matrices_from_a_histogram_are_recognised() -> None:
    found = tfma_internals.histogram_matrices(_derived(use_histogram=True))
    assert found is not None
    assert list(found.thresholds) == [0.25, 0.5]


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(_derived(use_histogram=False).result, id="not from a histogram"),
        pytest.param(functools.partial(_derived(use_histogram=True).result), id="a partial"),
        pytest.param(lambda metrics: metrics, id="another function"),
        pytest.param(SimpleNamespace(), id="no function"),
    ],
)
def test_other_computations_are_not_recognised_as_matrices(result: object) -> None:
    computation = metric_types.DerivedMetricComputation(keys=[], result=result)
    assert tfma_internals.histogram_matrices(computation) is None


def test_merging_a_list_counts_the_first_accumulator_once() -> None:
    (computation,) = tfma.metrics.MeanAbsoluteError().computations()
    combine = tfma_internals.LeafCombineFn([computation])
    one = computation.combiner.create_accumulator()
    one.total_regression_error, one.total_example_weights = 1.0, 1.0
    other = computation.combiner.create_accumulator()
    other.total_regression_error, other.total_example_weights = 4.0, 1.0
    merged = combine.merge_accumulators([(one,), (other,)])
    assert combine.extract_output(merged)[computation.keys[0]] == pytest.approx(2.5)
