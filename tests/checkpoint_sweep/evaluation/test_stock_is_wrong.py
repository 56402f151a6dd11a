"""What docs/differences.md says: the values of stock TFMA, of NumPy and of the engine.

Over 300 lines, to be read beside that document.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from sklearn import metrics as sklearn_metrics
from tensorflow_model_analysis.metrics import metric_specs

from checkpoint_sweep.evaluation.data_errors import EvaluationError
from checkpoint_sweep.evaluation.request import EvaluationRequest
from checkpoint_sweep.evaluation.stock.engine import evaluate_with_tfma
from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle
from tests.support import passthrough_model
from tests.support.passthrough_model import Row

pytestmark = pytest.mark.slow

CLASSES = 3
LABEL = 'model_specs { label_key: "y" } '
WITH_BASELINE = """
    model_specs { name: "candidate" label_key: "y" }
    model_specs { name: "baseline" label_key: "y" is_baseline: true }
"""


def _multi_class() -> tuple[np.ndarray, np.ndarray]:
    """Predictions (30, classes) and the numbers of the classes (30,)."""
    random = np.random.default_rng(7)
    labels = random.integers(0, CLASSES, 30)
    return random.dirichlet(np.ones(CLASSES), 30).astype(np.float32), labels


def _binary() -> tuple[np.ndarray, np.ndarray]:
    """Predictions and labels of the first class."""
    predictions, labels = _multi_class()
    return predictions[:, 0].astype(np.float64), (labels == 0).astype(np.float64)


def _rows(p: np.ndarray, y: np.ndarray) -> list[Row]:
    return [
        {
            "p": np.atleast_1d(prediction).tolist(),
            "y": np.atleast_1d(label).tolist(),
            "s": ["a" if index % 3 else "b"],
        }
        for index, (prediction, label) in enumerate(zip(p, y, strict=True))
    ]


def _metrics(*names: str, options: str = "") -> str:
    parts = " ".join(f'metrics {{ class_name: "{name}" }}' for name in names)
    return f"metrics_specs {{ {parts} {options} }} "


def _stock(rows: Sequence[Row], config: str, directory: Path) -> dict[str, Any]:
    data, model = _written(rows, directory)
    baseline = _baseline(rows, config, directory)
    parsed = tfma_oracle.config(config, baseline is not None)
    output = str(directory / "tfma")
    return _read(tfma_oracle.run_tfma(data, parsed, model, output, baseline, as_is=True))


def _engine(rows: Sequence[Row], config: str, directory: Path) -> dict[str, Any]:
    data, model = _written(rows, directory)
    baseline = _baseline(rows, config, directory)
    parsed = tfma_oracle.config(config, baseline is not None)
    output = str(directory / "engine")
    return _read(*tfma_oracle.run_engine(data, parsed, [model], output, baseline))


def _stock_engine(rows: Sequence[Row], config: str, directory: Path) -> dict[str, Any]:
    """What the engine `tfma` writes, which is stock TFMA but for what is not defined."""
    data, model = _written(rows, directory)
    output = str(directory / "stock-engine")
    request = EvaluationRequest(
        candidates=[model],
        baseline=None,
        outputs={model.name: output},
        eval_config=tfma_oracle.config(config, False),
        read=lambda pipeline: pipeline | taxi_models.read(data),
        make_pipeline=lambda: beam.Pipeline(runner=FnApiRunner()),
    )
    ((evaluated,),) = evaluate_with_tfma(request)
    assert evaluated.error is None
    return _read(output)


def _baseline(rows: Sequence[Row], config: str, directory: Path) -> ModelSource | None:
    """Half of the candidate's predictions, if the config has a baseline."""
    if "is_baseline" not in config:
        return None
    return passthrough_model.write_model(directory / "baseline", len(rows[0]["p"]), scale=0.5)


def _written(rows: Sequence[Row], directory: Path) -> tuple[str, ModelSource]:
    data = passthrough_model.write_examples(directory / "data", rows)
    return data, passthrough_model.write_model(directory / "model", len(rows[0]["p"]))


def _read(output: str) -> dict[str, Mapping[str, Any]]:
    """Numbers and messages of each slice; differences to the baseline aside."""
    found: dict[str, Mapping[str, Any]] = {}
    for record in tfma.load_metrics(output):
        is_cross = record.HasField("cross_slice_key")
        slice_key = record.cross_slice_key if is_cross else record.slice_key
        values = found[" ".join(str(slice_key).split())] = {}
        for entry in record.metric_keys_and_values:
            key = entry.key
            if key.is_diff:
                continue
            name = f"{key.model_name}.{key.name}" if key.model_name else key.name
            if key.sub_key.HasField("class_id"):
                name = f"{name}.{key.sub_key.class_id.value}"
            values[name] = entry.value.double_value.value
        values.update({name: value.debug_message for name, value in record.metrics.items()})
    return found


def test_the_correlation_of_one_class_is_that_of_all(tmp_path: Path) -> None:
    predictions, labels = _multi_class()
    rows, name = _rows(predictions, labels), "squared_pearson_correlation"
    one_hot = np.eye(CLASSES)[labels]
    config = LABEL + _metrics(
        "SquaredPearsonCorrelation", options="binarize { class_ids { values: 0 } }"
    )
    name += ".0"
    of_all = np.corrcoef(predictions.ravel(), one_hot.ravel())[0, 1] ** 2
    of_first = np.corrcoef(predictions[:, 0], one_hot[:, 0])[0, 1] ** 2
    assert of_all == pytest.approx(0.0085310)
    assert of_first == pytest.approx(0.0733865)
    assert _stock(rows, config, tmp_path)[""][name] == pytest.approx(of_all)
    assert _engine(rows, config, tmp_path)[""][name] == pytest.approx(of_first)


def test_a_cross_entropy_divides_the_predictions_of_later_metrics(tmp_path: Path) -> None:
    predictions = np.array([[0.2, 0.1, 0.1], [0.1, 0.1, 0.3]])
    labels = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    rows = _rows(predictions, labels)
    config = (
        LABEL
        + _metrics("CategoricalCrossEntropy")
        + _metrics(
            "MeanPrediction", "MeanAbsoluteError", options="aggregate { micro_average: true }"
        )
    )
    divided = predictions / predictions.sum(axis=1, keepdims=True)
    found = {}
    for name, p in (("stock", divided), ("engine", predictions)):
        found[name] = {
            "categorical_crossentropy": sklearn_metrics.log_loss(labels, divided),
            "mean_prediction": p.mean(),
            "mean_absolute_error": np.abs(labels - p).mean(),
        }
    assert found["stock"]["mean_prediction"] == pytest.approx(1 / 3)
    assert found["engine"]["mean_prediction"] == pytest.approx(0.15)
    assert _stock(rows, config, tmp_path)[""] == pytest.approx(found["stock"])
    assert _engine(rows, config, tmp_path)[""] == pytest.approx(found["engine"])


@pytest.mark.parametrize(
    ("metric", "config"),
    [
        ("MeanAbsoluteError", LABEL),
        ("MeanSquaredError", LABEL),
        ("MeanAbsolutePercentageError", LABEL),
        ("MeanSquaredLogarithmicError", LABEL),
        ("BinaryCrossEntropy", LABEL),
        ("CategoricalCrossEntropy", LABEL),
        ("SymmetricPredictionDifference", WITH_BASELINE),
        ("SymmetricFlipRate", WITH_BASELINE),
    ],
)
def test_the_first_of_several_accumulators_counts_twice(metric: str, config: str) -> None:
    parsed = tfma_oracle.config(config + _metrics(metric), baseline=config == WITH_BASELINE)
    computations = metric_specs.to_computations(list(parsed.metrics_specs), eval_config=parsed)
    combiner = next(c.combiner for c in computations if hasattr(c, "combiner"))

    def total(accumulators: Any) -> float:
        merged = combiner.merge_accumulators(accumulators)
        count = "num_weighted_examples"
        return getattr(merged, count if hasattr(merged, count) else "total_example_weights")

    def parts() -> list[Any]:
        result = []
        for weight in (1.0, 10.0):
            accumulator = combiner.create_accumulator()
            for count in ("num_weighted_examples", "total_example_weights"):
                if hasattr(accumulator, count):
                    setattr(accumulator, count, weight)
            result.append(accumulator)
        return result

    assert total(parts()) == 12.0
    assert total(iter(parts())) == 11.0  # As the engine merges, see LeafCombineFn.


def test_with_jackknife_intervals_values_are_wrong(tmp_path: Path) -> None:
    p, y = _binary()
    config = (
        LABEL
        + _metrics("MeanAbsoluteError", "MeanSquaredError", "BinaryCrossEntropy", "MeanPrediction")
        + """options {
          compute_confidence_intervals { value: true } confidence_intervals { method: JACKKNIFE }
        }"""
    )
    true = {
        "mean_absolute_error": sklearn_metrics.mean_absolute_error(y, p),
        "mean_squared_error": sklearn_metrics.mean_squared_error(y, p),
        "binary_crossentropy": sklearn_metrics.log_loss(y, p),
        "mean_prediction": p.mean(),
    }
    assert true["mean_absolute_error"] == pytest.approx(0.368668, rel=1e-5)
    assert _engine(_rows(p, y), config, tmp_path)[""] == pytest.approx(true, rel=1e-5)
    stock = _stock(_rows(p, y), config, tmp_path)[""]  # Another value each time.
    assert stock["mean_prediction"] == pytest.approx(true["mean_prediction"])
    # One of them may be right by chance.
    names = ("mean_absolute_error", "mean_squared_error", "binary_crossentropy")
    assert [stock[n] for n in names] != pytest.approx([true[n] for n in names], rel=1e-4)


def test_small_slices_and_cross_slices_do_not_go_together(tmp_path: Path) -> None:
    p, y = _binary()
    config = (
        LABEL
        + _metrics("MeanPrediction")
        + """
        slicing_specs { feature_keys: "s" }
        cross_slicing_specs { baseline_spec {} slicing_specs { feature_keys: "s" } }
        options { min_slice_size { value: 12 } }
        """
    )
    with pytest.raises(Exception, match="FilterOutSmallSlices"):
        _stock(_rows(p, y), config, tmp_path)
    found = _engine(_rows(p, y), config, tmp_path)
    shown = {key for key, values in found.items() if "mean_prediction" in values}
    hidden = {key for key, values in found.items() if "12" in values.get("__ERROR__", "")}
    assert len(found) == 5
    assert len(shown) == 3
    assert hidden == {key for key in found if 'bytes_value: "b"' in key}


def _with_queries(rows: Sequence[Row]) -> list[Row]:
    """Queries of four and two examples; those of which ``f`` is NaN are two and one."""
    return [
        {**row, "q": ["a" if i < 4 else "b"], "f": [math.nan if i in (0, 1, 4) else 1.0]}
        for i, row in enumerate(rows)
    ]


QUERIES = (
    np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.7]),
    np.array([0.0, 1.0, 0.0, 1.0, 1.0, 0.0]),
)
FIRST_LABEL = _metrics("MinLabelPosition", options='query_key: "q"')


def test_small_slices_and_queries_do_not_go_together(tmp_path: Path) -> None:
    rows = _with_queries(_rows(*QUERIES))
    config = (
        LABEL
        + FIRST_LABEL
        + _metrics("MeanPrediction")
        + 'slicing_specs {} slicing_specs { feature_keys: "s" } '
        + "options { min_slice_size { value: 5 } }"
    )
    with pytest.raises(Exception, match="'__ERROR__'} appeared in the output"):
        _stock(rows, config, tmp_path)
    found = _engine(rows, config, tmp_path)
    true = {"mean_prediction": QUERIES[0].mean(), "min_label_position": 1.5}
    assert found.pop("") == pytest.approx(true)
    assert [list(values) for values in found.values()] == [["__ERROR__"]] * 2


def test_a_query_counts_once_in_the_slice_of_nan(tmp_path: Path) -> None:
    rows = _with_queries(_rows(*QUERIES))
    config = f'{LABEL} {FIRST_LABEL} slicing_specs {{ feature_keys: "f" }}'
    name, of_nan = "min_label_position", 'single_slice_keys { column: "f" float_value: nan }'
    positions, examples = (1, 2), (2, 1)  # Of the first label, and in the slice, by query.
    stock = np.average(positions, weights=examples)
    assert _stock(rows, config, tmp_path)[of_nan][name] == pytest.approx(stock) == 4 / 3
    assert _engine(rows, config, tmp_path)[of_nan][name] == np.mean(positions) == 1.5


def test_a_weight_that_is_missing_is_not_taken_for_one(tmp_path: Path) -> None:
    one, other = _rows(np.array([0.25, 0.5]), np.array([0.0, 1.0]))
    config = 'model_specs { label_key: "y" example_weight_key: "w" } ' + _metrics("MeanPrediction")
    data, model = _written([one, {**other, "w": [3.0]}], tmp_path)
    parsed = tfma_oracle.config(config, False)

    def run(of: Any, batch_size: int) -> Any:
        models = [model] if of is tfma_oracle.run_engine else model
        output = str(tmp_path / f"{of.__name__}-{batch_size}")
        return of(data, parsed, models, output, None, batch_size)

    stock = tfma_oracle.run_tfma
    assert (
        _read(run(stock, 1))[""]
        == {"mean_prediction": (0.25 + 3 * 0.5) / 4}
        == {"mean_prediction": 0.4375}
    )
    with pytest.raises(Exception, match="add_input failed"):
        run(stock, 2)
    for batch_size in (1, 2):
        with pytest.raises(EvaluationError, match=f"weight 'w' is missing in 1 of {batch_size}"):
            run(tfma_oracle.run_engine, batch_size)


@pytest.mark.parametrize(("metric", "counted"), [("BinaryAccuracy", 1 / 3), ("ExactMatch", 2 / 3)])
def test_an_example_without_a_label_counts_in_no_metric(
    metric: str, counted: float, tmp_path: Path
) -> None:
    right, wrong, other = _rows(np.array([0.0, 0.0, 0.75]), np.array([0.0, 1.0, 1.0]))
    data, model = _written([right, wrong, {"p": other["p"], "s": other["s"]}], tmp_path)
    config = tfma_oracle.config(LABEL + _metrics(metric), False)
    stock = tfma_oracle.run_tfma(data, config, model, str(tmp_path / "tfma"), None, 3)
    assert list(_read(stock)[""].values()) == [pytest.approx(counted)]
    for batch_size in (1, 3):
        output = str(tmp_path / f"engine-{batch_size}")
        with pytest.raises(EvaluationError, match=f"label 'y' is missing in 1 of {batch_size}"):
            tfma_oracle.run_engine(data, config, [model], output, None, batch_size)


def test_squares_beyond_float32_are_finite(tmp_path: Path) -> None:
    p, y = np.array([1e30, 2.0]), np.array([0.0, 1.0])
    config = LABEL + _metrics("MeanSquaredError", "RootMeanSquaredError")
    true = float(np.mean((p - y) ** 2))
    stock = {"mean_squared_error": math.inf, "root_mean_squared_error": math.inf}
    assert _stock(_rows(p, y), config, tmp_path)[""] == stock
    found = _engine(_rows(p, y), config, tmp_path)[""]
    assert found == pytest.approx({**stock, "mean_squared_error": true})
    assert true == pytest.approx(5e59)


def test_a_class_that_no_example_has_makes_averages_undefined_unless_it_weighs_nothing(
    tmp_path: Path,
) -> None:
    p, y = _multi_class()
    y = np.where(y == 2, 0, y)
    weights = " ".join(f"class_weights {{ key: {i} value: 1 }}" for i in range(CLASSES))
    config = LABEL + _metrics("AUC", options=f"aggregate {{ macro_average: true {weights} }}")
    weighted = f"aggregate {{ weighted_macro_average: true {weights} }}"
    named = _metrics("AUC", "Recall", options=weighted)
    config += named.replace('"AUC"', '"AUC" config: \'"name": "weighted"\'')
    areas, recalls = (
        [metric(y == i, p[:, i]) for i in (0, 1)]
        for metric in (
            sklearn_metrics.roc_auc_score,
            lambda label, score: sklearn_metrics.recall_score(label, score > 0.5),
        )
    )
    of_shares = np.average([areas, recalls], axis=1, weights=[(y == i).mean() for i in (0, 1)])
    true = dict(zip(("weighted", "recall"), of_shares, strict=True))
    stock = {**true, "auc": sum(areas) / CLASSES, "recall": math.nan}
    assert stock["auc"] == pytest.approx(0.3523, abs=5e-5)
    assert true["weighted"] == pytest.approx(0.5098, abs=5e-5)
    expected = pytest.approx(stock, abs=1e-6, nan_ok=True)
    assert _stock(_rows(p, y), config, tmp_path)[""] == expected
    found = _engine(_rows(p, y), config, tmp_path)[""]
    assert found == pytest.approx({**true, "auc": math.nan}, abs=1e-6, nan_ok=True)


def test_sorting_fails_on_some_metric_keys(tmp_path: Path) -> None:
    predictions, labels = _multi_class()
    both = "example_weights { weighted: true unweighted: true }"
    rows = [{**row, "w": [2.0]} for row in _rows(predictions, labels)]
    config = (
        WITH_BASELINE.replace('"y"', '"y" example_weight_key: "w"')
        + _metrics(
            "Recall",
            options=f"{both} aggregate {{ macro_average: true top_k_list {{ values: 2 }} }}",
        )
        + _metrics("Precision", options=both)
    )
    with pytest.raises(Exception, match="'<' not supported between instances of"):
        _stock(rows, config, tmp_path)
    positive = (predictions > 0.5).ravel()
    true = sklearn_metrics.precision_score(np.eye(CLASSES)[labels].ravel(), positive)
    found = _engine(rows, config, tmp_path)[""]
    assert found["candidate.precision"] == pytest.approx(true)


def test_the_exact_matches_of_one_class_are_those_of_all(tmp_path: Path) -> None:
    predictions, labels = _multi_class()
    predictions[::2, 1] = labels[::2] == 1
    one_hot = np.eye(CLASSES)[labels]
    by_class = "binarize { class_ids { values: [0, 1] } }"
    config = LABEL + _metrics("ExactMatch", options=by_class)
    true = (predictions == one_hot).mean(axis=0)
    assert true[1] == 0.5
    for evaluate in (_stock, _engine):
        found = evaluate(_rows(predictions, labels), config, tmp_path)[""]
        assert found["exact_match.0"] == found["exact_match.1"] == (predictions == one_hot).mean()


@pytest.mark.parametrize(
    ("label", "stock"),
    [
        pytest.param(
            0.0,
            {
                "auc": 0.0,
                "auc_precision_recall": 0.0,
                "precision": 0.0,
                "recall": math.nan,
                "f1_score": 0.0,
                "specificity": 0.5,
                "npv": 1.0,
            },
            id="no positives",
        ),
        pytest.param(
            1.0,
            {
                "auc": 0.0,
                "auc_precision_recall": 1.0,
                "precision": 1.0,
                "recall": 0.5,
                "f1_score": 2 / 3,
                "specificity": math.nan,
                "npv": 0.0,
            },
            id="no negatives",
        ),
    ],
)
def test_metrics_that_need_a_class_have_no_value_without_it(
    label: float, stock: Mapping[str, float], tmp_path: Path
) -> None:
    names = ("AUC", "AUCPrecisionRecall", "Precision", "Recall", "F1Score", "Specificity", "NPV")
    metrics = _metrics(*names)
    p = np.array([0.1, 0.3, 0.6, 0.8])
    rows = _rows(p, np.full(4, label))
    config = LABEL + metrics
    undefined = {"auc", "auc_precision_recall"}
    undefined |= {"specificity", "npv"} if label else {"precision", "recall", "f1_score"}
    expected = {name: math.nan if name in undefined else value for name, value in stock.items()}
    assert _stock(rows, config, tmp_path)[""] == pytest.approx(stock, nan_ok=True, abs=1e-6)
    assert _engine(rows, config, tmp_path)[""] == pytest.approx(expected, nan_ok=True, abs=1e-6)
    found = _stock_engine(rows, config, tmp_path)[""]
    assert found == pytest.approx(expected, nan_ok=True, abs=1e-6)


def test_a_prevalence_threshold_without_skill_has_no_value(tmp_path: Path) -> None:
    rows = _rows(np.array([0.6, 0.4, 0.6, 0.4]), np.array([1.0, 1.0, 0.0, 0.0]))
    config = LABEL + _metrics("PrevalenceThreshold", "Recall")
    with pytest.raises(ZeroDivisionError):
        _stock(rows, config, tmp_path)
    true = {"prevalence_threshold": math.nan, "recall": 0.5}
    for evaluate in (_engine, _stock_engine):
        assert evaluate(rows, config, tmp_path)[""] == pytest.approx(true, nan_ok=True)


@pytest.mark.parametrize(
    ("p", "y", "stock", "true"),
    [
        pytest.param([1.0, 0.5], [1.0, 1.0], math.nan, math.log(2) / 2, id="sure of what is"),
        pytest.param([0.0, 0.5], [0.0, 1.0], math.nan, math.log(2) / 2, id="sure of what is not"),
        pytest.param([1.0, 0.5], [0.0, 1.0], math.inf, math.inf, id="sure and wrong"),
    ],
)
def test_a_cross_entropy_of_a_sure_prediction_is_a_limit(
    p: list[float], y: list[float], stock: float, true: float, tmp_path: Path
) -> None:
    rows, name = _rows(np.array(p), np.array(y)), "binary_crossentropy"
    config = LABEL + _metrics("BinaryCrossEntropy")
    assert _stock(rows, config, tmp_path)[""][name] == pytest.approx(stock, nan_ok=True)
    assert _engine(rows, config, tmp_path)[""][name] == pytest.approx(true)


TOP_PREDICTION = """
    model_specs { label_key: "y" example_weight_key: "w" }
    metrics_specs {
      metrics {
        class_name: "CalibrationPlot"
        config: '"left": 1, "right": 3, "num_buckets": 1'
      }
      binarize { top_k_list { values: 1 } }
    }
"""


@pytest.mark.parametrize(
    ("weights", "stock", "true"),
    [
        pytest.param([0.0, 0.0], [math.nan, 0.0, 0.0], [0.0, 0.0, 0.0], id="no weight"),
        pytest.param([0.0, 1.5], [math.nan, 0.0, 6.0], [-math.inf, 0.0, 6.0], id="some weight"),
    ],
)
def test_what_top_k_drops_of_an_example_of_weight_0_adds_nothing_to_a_calibration_plot(
    weights: list[float], stock: list[float], true: list[float], tmp_path: Path
) -> None:
    p = np.array([[0.0, 2.0], [0.0, 4.0]])
    rows = [
        {**row, "w": [weight]} for row, weight in zip(_rows(p, np.eye(2)), weights, strict=True)
    ]
    counted = [i for i, weight in enumerate(weights) if weight]
    top = np.where(p == p.max(axis=1, keepdims=True), p, -math.inf)[counted]
    weighted, bucket = top * np.array(weights)[counted, np.newaxis], np.digitize(top, (1, 3))
    assert [weighted[bucket == number].sum() for number in range(3)] == true
    data, model = _written(rows, tmp_path)
    config, output = tfma_oracle.config(TOP_PREDICTION), str(tmp_path / "tfma")
    tfma_oracle.run_tfma(data, config, model, output, as_is=True)
    assert _weighted_predictions(output) == pytest.approx(stock, nan_ok=True)
    (output,) = tfma_oracle.run_engine(data, config, [model], str(tmp_path / "engine"))
    assert _weighted_predictions(output) == true


def _weighted_predictions(output: str) -> list[float]:
    """The sum of weighted predictions of each bucket of the calibration plot."""
    (plots,) = tfma.load_plots(output)
    (entry,) = plots.plot_keys_and_values
    buckets = entry.value.calibration_histogram_buckets.buckets
    return [bucket.total_weighted_refined_prediction.value for bucket in buckets]
