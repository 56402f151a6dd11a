"""TFMA's own tests of its metrics, from its wheel, with vectorized combiners in place of TFMA's.

A test of TFMA that fails here shows a number that the engine has and TFMA has not.
"""

import collections
import functools
import importlib
import pkgutil
import unittest
from collections.abc import Iterator

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_model_analysis import metrics

from checkpoint_sweep.evaluation.plan.combiners import vectorized_combiners
from tests.support import tfma_patch
from tests.support.eager_beam import EagerRunner

# TFMA divides by zero, which is NaN.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::RuntimeWarning")]

# Modules of which no test adds an example to a combiner that has a vectorized form.
LEFT_OUT = {
    "attributions_test": "attributions, by combiners of their own",
    "bleu_test": "text, by a combiner of its own",
    "exact_match_test": "text, by a combiner of its own",
    "flip_metrics_test": "two models' predictions, by combiners of their own",
    "metric_specs_test": "configs; nothing is combined",
    "metric_types_test": "keys and preprocessors; nothing is combined",
    "metric_util_test": "functions that combiners use; see test_metric_inputs",
    "min_label_position_test": "by query",
    "ndcg_test": "by query",
    "prediction_difference_metrics_test": "two models' predictions, by a combiner of its own",
    "preprocessors.image_preprocessors_test": "nothing is combined",
    "preprocessors.object_detection_preprocessors_test": "nothing is combined",
    "preprocessors.set_match_preprocessors_test": "nothing is combined",
    "preprocessors.utils.bounding_box_test": "nothing is combined",
    "preprocessors.utils.box_match_test": "nothing is combined",
    "preprocessors.utils.object_detection_format_test": "nothing is combined",
    "query_statistics_test": "by query",
    "rouge_test": "text, by a combiner of its own",
    "sample_metrics_test": "samples of examples, by a combiner of its own",
    "score_distribution_plot_test": "binary matrices, but of inputs that it extracts itself",
    "semantic_segmentation_confusion_matrix_metrics_test": "images, by a combiner of its own",
    "stats_test": "features, by a combiner of its own",
    "tf_metric_accumulators_test": "accumulators without their combiner",
}

# Tests that run once more, with every third example left to TFMA's combiner: some for each
# vectorized combiner.
MERGED = (
    "aggregation_test",
    "binary_confusion_matrices_test",
    "calibration_histogram_test",
    "calibration_test",
    "cross_entropy_metrics_test",
    "example_count_test",
    "mean_regression_error_test",
    "multi_class_confusion_matrix_metrics_test",
    "multi_label_confusion_matrix_plot_test",
    "squared_pearson_correlation_test",
    "tf_metric_wrapper_test.NonConfusionMatrixMetricsTest",
    "tjur_discrimination_test",
)


def _modules() -> list[str]:
    """Names of TFMA's test modules within the package of its metrics."""
    prefix = f"{metrics.__name__}."
    found = pkgutil.walk_packages(metrics.__path__, prefix)
    return [module.name.removeprefix(prefix) for module in found if module.name.endswith("_test")]


def _tests(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _tests(item)
        elif not item.id().endswith(".test_session"):  # A method of TensorFlow's TestCase.
            yield item


@functools.cache
def _cases() -> dict[str, unittest.TestCase]:
    """TFMA's tests by module, class and method."""
    found = {}
    for name in _modules():
        if name not in LEFT_OUT:
            module = importlib.import_module(f"{metrics.__name__}.{name}")
            for case in _tests(unittest.defaultTestLoader.loadTestsFromModule(module)):
                found[case.id().removeprefix(f"{metrics.__name__}.")] = case
    return found


# What the tests of this file have added, by how many examples were left to TFMA.
_added: collections.defaultdict[int, tfma_patch.Examples] = collections.defaultdict(
    tfma_patch.Examples
)
_ran: set[tuple[str, int]] = set()


@pytest.fixture(autouse=True)
def _fast_pipelines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without workers, and without a check of types: nearly all of the time is Beam's."""
    init = beam.Pipeline.__init__

    def fast(pipeline: beam.Pipeline) -> None:
        init(pipeline, EagerRunner(), PipelineOptions([], pipeline_type_check=False))

    monkeypatch.setattr(beam.Pipeline, "__init__", fast)


class _Result(unittest.TestResult):
    """Beam pickles what checks a result, and with it the TestCase and this.

    It holds the output streams, which pytest replaces by some that cannot be pickled.
    """

    def __reduce__(self) -> tuple[type["_Result"], tuple[()]]:
        return type(self), ()


def _run(name: str, left: int) -> None:
    result = _Result()
    with tfma_patch.vectorized_combiners_for_tfmas(left) as examples:
        _cases()[name].run(result)
    assert result.testsRun == 1
    for _, text in [*result.failures, *result.errors]:
        pytest.fail(text, pytrace=False)
    for _, reason in result.skipped:
        pytest.skip(reason)
    _added[left].update(examples)
    _ran.add((name, left))


_MERGED_CASES = [name for name in _cases() if name.startswith(MERGED)]


@pytest.mark.parametrize("name", _cases(), ids=list(_cases()))
def test_tfmas_test_passes_on_vectorized_combiners(name: str) -> None:
    _run(name, left=0)


@pytest.mark.parametrize("name", _MERGED_CASES, ids=_MERGED_CASES)
def test_tfmas_test_passes_where_tfma_takes_every_third_example(name: str) -> None:
    _run(name, left=3)


def test_the_tests_that_are_left_out_exist() -> None:
    assert LEFT_OUT.keys() <= set(_modules())


def test_every_vectorized_combiner_took_examples() -> None:
    """Those that the tests above add, so only where all of them ran."""
    if len(_ran) < len(_cases()) + len(_MERGED_CASES):
        pytest.skip("Not all tests of this file ran and passed.")
    names = {kind.__name__ for kind in vectorized_combiners()}
    assert {name for name, number in _added[0].as_arrays.items() if number} == names
    assert {name for name, number in _added[3].as_arrays.items() if number} == names
    assert {name for name, number in _added[3].one_by_one.items() if number} == names
    assert _added[0].rebinned
