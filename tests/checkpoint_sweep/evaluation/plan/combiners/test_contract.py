"""What every vectorized combiner promises: whatever the batches, it comes to what TFMA comes to.

Over 300 lines, since a case for every combiner is in one table.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from google.protobuf import message
from tensorflow_model_analysis.utils import util

from checkpoint_sweep.evaluation.aggregate import fallback, samples, slicing, sums
from checkpoint_sweep.evaluation.aggregate.batch_accumulator import sum_by_row
from checkpoint_sweep.evaluation.plan import metric_inputs
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.combiners import base, vectorized_combiners
from checkpoint_sweep.evaluation.plan.combiners.rows import RowSums, to_rows
from checkpoint_sweep.metrics.batch_metric import FormulaCombiner
from tests.checkpoint_sweep.evaluation import tfma_oracle

MODELS = 3
EXAMPLES = 23
CLASSES = 4


@dataclasses.dataclass(frozen=True)
class Data:
    """Examples in memory: labels (n, l), weights (n, 1), predictions (models, n, p)."""

    labels: np.ndarray
    weights: np.ndarray
    predictions: np.ndarray

    def take(self, chosen: Sequence[int]) -> "Data":
        return Data(self.labels[chosen], self.weights[chosen], self.predictions[:, chosen])


def _data(
    label: Callable[[np.random.Generator], np.ndarray], outputs: int, high: float = 1.0
) -> Callable[[], Data]:
    def make() -> Data:
        random = np.random.default_rng(5)
        shape = (MODELS, EXAMPLES, outputs)
        # Ties, and values that lie on thresholds.
        predictions = (random.integers(1, 10, shape) / 10 * high).astype(np.float32)
        weights = random.integers(0, 4, (EXAMPLES, 1)).astype(np.float32) / 2
        return Data(label(random), weights, predictions)

    return make


BINARY = _data(lambda random: random.integers(0, 2, (EXAMPLES, 1)), 1)
FRACTIONAL = _data(lambda random: random.integers(0, 5, (EXAMPLES, 1)) / 4, 1)
REGRESSION = _data(lambda random: random.gamma(2.0, 5.0, (EXAMPLES, 1)).astype(np.float32), 1, 20)
CLASS_NUMBERS = _data(lambda random: random.integers(0, CLASSES, (EXAMPLES, 1)), CLASSES)
ONE_HOT = _data(lambda random: np.eye(CLASSES)[random.integers(0, CLASSES, EXAMPLES)], CLASSES)
MULTI_LABEL = _data(lambda random: random.integers(0, 2, (EXAMPLES, CLASSES)), CLASSES)
BINARIZED = "binarize { class_ids { values: [0, 2] } }"
TOP_2 = "binarize { top_k_list { values: [2] } }"
MICRO = "aggregate { micro_average: true }"
MICRO_TOP_2 = "aggregate { micro_average: true top_k_list { values: [2] } }"
_CLASS_WEIGHTS = " ".join(f"class_weights {{ key: {i} value: {1 + i} }}" for i in range(CLASSES))
WEIGHTED_MACRO = f"aggregate {{ weighted_macro_average: true {_CLASS_WEIGHTS} }}"

# By vectorized combiner: a metric, how it is binarized or aggregated, and data.
CASES: dict[str, list[tuple[str, str, Callable[[], Data]]]] = {
    "ExampleCount": [("ExampleCount", "", BINARY)],
    "Calibration": [
        ("Calibration", "", BINARY),
        ("MeanLabel", "", REGRESSION),
        ("MeanPrediction", BINARIZED, CLASS_NUMBERS),
    ],
    "SquaredPearson": [("SquaredPearsonCorrelation", "", REGRESSION)],
    "TjurDiscrimination": [
        ("CoefficientOfDiscrimination", "", BINARY),
        ("RelativeCoefficientOfDiscrimination", "", FRACTIONAL),
    ],
    "ClassWeights": [("Recall", WEIGHTED_MACRO, CLASS_NUMBERS), ("AUC", WEIGHTED_MACRO, ONE_HOT)],
    "AbsoluteError": [
        ("MeanAbsoluteError", "", REGRESSION),
        ("MeanAbsoluteError", "", MULTI_LABEL),
    ],
    "SquaredError": [("MeanSquaredError", "", REGRESSION)],
    "AbsolutePercentageError": [("MeanAbsolutePercentageError", "", BINARY)],
    "SquaredLogarithmicError": [("MeanSquaredLogarithmicError", "", REGRESSION)],
    "BinaryCrossEntropy": [
        ("BinaryCrossEntropy", "", BINARY),
        ('BinaryCrossEntropy:"label_smoothing": 0.1', "", MULTI_LABEL),
        ('BinaryCrossEntropy:"from_logits": true', "", BINARY),
    ],
    "CategoricalCrossEntropy": [("CategoricalCrossEntropy", "", ONE_HOT)],
    "CalibrationHistogram": [
        ("AUC", "", BINARY),
        ("AUCPrecisionRecall", "", FRACTIONAL),
        ("AUC", MICRO, CLASS_NUMBERS),
        ("Recall", MICRO_TOP_2, CLASS_NUMBERS),
        ("Recall", TOP_2, CLASS_NUMBERS),
        ("CalibrationPlot", "", BINARY),
        ('CalibrationPlot:"left": 0, "right": 30, "num_buckets": 7', "", REGRESSION),
    ],
    "BinaryConfusionMatrix": [
        ("Recall", "", FRACTIONAL),
        ('Precision:"thresholds": [0.3, 0.7]', BINARIZED, ONE_HOT),
        ('ConfusionMatrixAtThresholds:"thresholds": [0.1, 0.3, 0.7]', "", BINARY),
    ],
    "MultiClassConfusionMatrix": [
        ('MultiClassConfusionMatrixAtThresholds:"thresholds": [0.1, 0.3, 0.7]', "", CLASS_NUMBERS),
        ('MultiClassConfusionMatrixPlot:"num_thresholds": 5', "", ONE_HOT),
    ],
    "MultiLabelConfusionMatrix": [
        ('MultiLabelConfusionMatrixPlot:"thresholds": [0.1, 0.3, 0.7]', "", MULTI_LABEL)
    ],
    "KerasMeans": [
        ("BinaryCrossentropy", "", BINARY),
        ("RootMeanSquaredError", "", REGRESSION),
        ("SparseCategoricalAccuracy", "", CLASS_NUMBERS),
        ('SparseCategoricalCrossentropy:"ignore_class": 2', "", CLASS_NUMBERS),
        ("CategoricalCrossentropy", "", ONE_HOT),
        ("BinaryCrossentropy", MICRO, CLASS_NUMBERS),
        ("Hinge", "", BINARY),
        ("SquaredHinge", "", FRACTIONAL),
        ("Hinge", "", REGRESSION),
    ],
    "_VectorizedFormula": [
        ("PrecisionAtK@checkpoint_sweep.metrics.precision_at_k", "", CLASS_NUMBERS),
        (
            "CoefficientOfDetermination@checkpoint_sweep.metrics.coefficient_of_determination",
            "",
            REGRESSION,
        ),
    ],
}


def _kinds() -> list[type[base.VectorizedCombiner]]:
    return [*vectorized_combiners(), FormulaCombiner.vectorized]


def test_every_vectorized_combiner_has_a_case() -> None:
    assert {kind.__name__ for kind in _kinds()} == CASES.keys()


@functools.cache
def _plan(metric: str, options: str, weighted: bool) -> plan_lib.Plan:
    name, _, settings = metric.partition(":")
    name, _, module = name.partition("@")
    where = f'module: "{module}"' if module else ""
    config = f"config: '{settings}'" if settings else ""
    return plan_lib.make(
        tfma_oracle.config(
            f"""
            model_specs {{ label_key: "y" {'example_weight_key: "w"' if weighted else ""} }}
            metrics_specs {{ metrics {{ class_name: "{name}" {where} {config} }} {options} }}
            """
        )
    )


def _leaf(kind: str, metric: str, options: str, weighted: bool) -> plan_lib.Leaf:
    """The leaf of the metric that has this vectorized combiner."""
    found = [
        leaf
        for leaf in _plan(metric, options, weighted).leaves
        if type(leaf.vectorized).__name__ == kind
    ]
    assert found, f"{metric} has no leaf with {kind}"
    found[0].combine.setup()
    return found[0]


def _batch(data: Data, weighted: bool) -> metric_inputs.Batch:
    spec = tfma_oracle.config('model_specs { label_key: "y" }').model_specs[0]
    weights = data.weights if weighted else None
    return metric_inputs.Batch(len(data.labels), data.labels, weights, data.predictions, spec, "")


def _sums(leaf: plan_lib.Leaf, data: Data, weighted: bool) -> sums.Sums:
    """What one batch adds, as the step of the pipeline does it."""
    assert leaf.vectorized is not None
    inputs = leaf.vectorized.inputs(_batch(data, weighted))
    assert all(given.regular.all() for given in inputs)
    rows = slicing.Rows([((),)], np.zeros(len(data.labels), int), np.arange(len(data.labels)))
    total, buckets = list(range(MODELS)), leaf.vectorized.buckets
    return sums.Sums.merge(
        [
            sum_by_row(rows, total, MODELS, bucket, buckets, columns, len(data.labels))
            for bucket, columns in leaf.vectorized.update(inputs)
        ]
    )


def _of_model(leaf: plan_lib.Leaf, whole: sums.Sums, model: int) -> tuple[np.ndarray, np.ndarray]:
    assert leaf.vectorized is not None
    buckets = leaf.vectorized.buckets
    block = whole.block(model * buckets, (model + 1) * buckets)
    return block.codes, block.values


def _stock(leaf: plan_lib.Leaf, data: Data, weighted: bool, model: int) -> Any:
    """TFMA's accumulator of the examples, added one by one."""
    extracts = {"labels": data.labels} | ({"example_weights": data.weights} if weighted else {})
    rows = slicing.Rows([((),)], np.zeros(len(data.labels), int), np.arange(len(data.labels)))
    into: dict[Any, Any] = {}
    fallback.ExampleByExample(extracts, len(data.labels), [(samples.FULL, ((),))], rows).add(
        leaf, model, data.predictions[model], np.ones(len(data.labels), bool), into
    )
    return into.get((model, samples.FULL, ()), leaf.combine.create_accumulator())


def _named(key: Any) -> str:
    """A key as text, by the numbers in it, whether they are NumPy's or Python's."""
    return str([int(part) for part in key] if hasattr(key, "predicted_class_id") else key)


def _plain(value: Any) -> Any:
    """A result as numbers that can be compared."""
    if isinstance(value, dict):
        return {_named(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    if isinstance(value, message.Message):
        return _plain([[field.name, item] for field, item in value.ListFields()])
    if slots := getattr(value, "__slots__", ()):
        return {name: _plain(getattr(value, name)) for name in slots}
    if hasattr(value, "__dict__") and not isinstance(value, np.generic):
        return _plain(vars(value))
    return util.to_numpy(value).astype(np.float64).tolist()


def _same(actual: Any, expected: Any) -> None:
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys()
        for key, item in expected.items():
            _same(actual[key], item)
    elif isinstance(expected, list) and expected and not isinstance(expected[0], float):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            _same(one, other)
    elif isinstance(expected, str) or expected is None:
        assert actual == expected
    else:
        np.testing.assert_allclose(actual, expected, rtol=2e-6, atol=1e-9)


ALL = pytest.mark.parametrize(
    ("kind", "metric", "options", "make"),
    [
        pytest.param(kind, *case, id=f"{kind}-{case[0]}-{index}")
        for kind, cases in CASES.items()
        for index, case in enumerate(cases)
    ],
)
WEIGHTED = pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])


@ALL
@WEIGHTED
def test_one_batch_gives_what_tfma_gives(
    kind: str, metric: str, options: str, make: Callable[[], Data], weighted: bool
) -> None:
    leaf, data = _leaf(kind, metric, options, weighted), make()
    assert leaf.vectorized is not None
    whole = _sums(leaf, data, weighted)
    for model in range(MODELS):
        expected = leaf.combine.extract_output(_stock(leaf, data, weighted, model))
        _same(_plain(leaf.vectorized.output(*_of_model(leaf, whole, model))), _plain(expected))


@ALL
@WEIGHTED
def test_rows_at_once_give_what_each_gives(
    kind: str, metric: str, options: str, make: Callable[[], Data], weighted: bool
) -> None:
    leaf = _leaf(kind, metric, options, weighted)
    assert leaf.vectorized is not None
    whole = _sums(leaf, make(), weighted)
    parts = [_of_model(leaf, whole, model) for model in range(MODELS)]
    nothing = sums.Sums.empty(leaf.vectorized.columns)
    parts.insert(1, (nothing.codes, nothing.values))
    buckets, values = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    starts = np.cumsum([0, *(codes.size for codes, _ in parts)])
    with np.errstate(all="ignore"):
        found = list(to_rows(leaf.vectorized.columns_of(RowSums(buckets, values, starts))))
        for row, part in zip(found, parts, strict=True):
            _same(_plain(row), _plain(leaf.vectorized.output(*part)))


@ALL
@WEIGHTED
def test_batches_in_any_order_give_the_same(
    kind: str, metric: str, options: str, make: Callable[[], Data], weighted: bool
) -> None:
    leaf, data = _leaf(kind, metric, options, weighted), make()
    assert leaf.vectorized is not None
    whole = _sums(leaf, data, weighted)
    pieces = np.split(np.random.default_rng(1).permutation(EXAMPLES), [1, 4, 5, 12])
    parts = [_sums(leaf, data.take(piece), weighted) for piece in pieces]
    one_by_one = functools.reduce(lambda a, b: sums.Sums.merge([a, b]), parts)
    for merged in (sums.Sums.merge(parts), sums.Sums.merge(parts[::-1]), one_by_one):
        for model in range(MODELS):
            actual = leaf.vectorized.output(*_of_model(leaf, merged, model))
            expected = leaf.vectorized.output(*_of_model(leaf, whole, model))
            _same(_plain(actual), _plain(expected))


@ALL
def test_an_accumulator_merges_with_tfmas(
    kind: str, metric: str, options: str, make: Callable[[], Data]
) -> None:
    leaf, data = _leaf(kind, metric, options, True), make()
    assert leaf.vectorized is not None
    first, second = list(range(9)), list(range(9, EXAMPLES))
    ours = _sums(leaf, data.take(first), True)
    for model in range(MODELS):
        mine = (leaf.vectorized.accumulator(*_of_model(leaf, ours, model)),)
        theirs = _stock(leaf, data.take(second), True, model)
        both = leaf.combine.merge_accumulators([mine, leaf.combine.compact(theirs)])
        expected = _stock(leaf, data, True, model)
        _same(
            _plain(leaf.combine.extract_output(both)), _plain(leaf.combine.extract_output(expected))
        )


@ALL
def test_no_examples_give_what_tfma_gives_for_none(
    kind: str, metric: str, options: str, make: Callable[[], Data]
) -> None:
    leaf = _leaf(kind, metric, options, False)
    assert leaf.vectorized is not None
    nothing = sums.Sums.empty(leaf.vectorized.columns)
    expected = leaf.combine.extract_output(leaf.combine.create_accumulator())
    actual = leaf.vectorized.output(*_of_model(leaf, nothing, 0))
    _same(_plain(actual), _plain(expected))


def test_example_weights_are_added_up_in_float64() -> None:
    """Stock TFMA adds them up in float32 where NumPy 2 is installed."""
    number = 2_000
    data = Data(
        np.zeros((number, 1)),
        np.full((number, 1), 0.1, np.float32),
        np.zeros((MODELS, number, 1), np.float32),
    )
    leaf = _leaf("ExampleCount", "ExampleCount", "", True)
    assert leaf.vectorized is not None
    expected = number * float(np.float32(0.1))
    of_engine = leaf.vectorized.output(*_of_model(leaf, _sums(leaf, data, True), 0))
    assert [*of_engine.values()] == [pytest.approx(expected, rel=1e-12)]
    (of_tfma,) = leaf.combine.extract_output(_stock(leaf, data, True, 0)).values()
    assert (abs(of_tfma - expected) > 1e-4) == (np.__version__ >= "2")
