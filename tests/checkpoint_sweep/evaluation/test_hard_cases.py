"""Small data on which an engine that adds up arrays is easily wrong; stock TFMA is the oracle.

Over 300 lines, most of them a table of cases.
"""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.evaluation.data_errors import EvaluationError
from checkpoint_sweep.evaluation.results.candidate import read_predictions
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import passthrough_model
from tests.support.passthrough_model import Row

pytestmark = pytest.mark.slow

NAN = math.nan


@dataclasses.dataclass(frozen=True)
class Case:
    """Rows, a config, and how to evaluate."""

    rows: Sequence[Row]
    config: str
    width: int = 1
    batch_size: int = 64


def _binary(p: Sequence[float], y: Sequence[float], **others: Sequence) -> list[Row]:
    columns = {"p": p, "y": y, **others}
    return [
        {name: v if isinstance(v, list) else [v] for name, v in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]


LABEL = 'model_specs { label_key: "y" }'
WEIGHTED = 'model_specs { label_key: "y" example_weight_key: "w" }'


def _metrics(*names: str, options: str = "") -> str:
    parts = []
    for name in names:
        kind, _, settings = name.partition(":")
        config = f"config: '{settings}'" if settings else ""
        parts.append(f'metrics {{ class_name: "{kind}" {config} }}')
    return f"metrics_specs {{ {' '.join(parts)} {options} }}"


MULTI = [
    {"p": [0.1, 0.7, 0.2], "y": [1], "w": [1.0]},
    {"p": [0.5, 0.3, 0.2], "y": [2], "w": [0.0]},
    {"p": [0.1, 0.2, 0.7], "y": [2], "w": [2.0]},
]
CASES = {
    "the fallback merges batches of 1 and 5 rows": Case(
        _binary([0.2, 0.4, 0.6, 0.8, 0.1, 0.9], [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]),
        LABEL
        + _metrics(
            "MeanAbsoluteError", "BinaryCrossEntropy", 'Mean:"feature_key_path": ["features", "p"]'
        ),
        batch_size=5,
    ),
    "a Keras metric that ignores a class": Case(
        [{"p": [0.1, 0.7, 0.2], "y": [y]} for y in (0, 1, 2, 1)],
        LABEL + _metrics('SparseCategoricalCrossentropy:"ignore_class": 1'),
        width=3,
    ),
    "several equal weights per example": Case(
        [
            {"p": [0.1, 0.7, 0.2], "y": [1], "w": [2.0, 2.0]},
            {"p": [0.5, 0.3, 0.2], "y": [2], "w": [0.5, 0.5]},
        ],
        WEIGHTED + _metrics("MultiClassConfusionMatrixPlot"),
        width=3,
    ),
    "a weight for each prediction": Case(
        [
            {"p": [0.1, 0.7], "y": [0.0, 1.0], "w": [0.5, 1.0]},
            {"p": [0.4, 0.2], "y": [1.0, 0.0], "w": [2.0, 0.25]},
        ],
        WEIGHTED + _metrics("MeanAbsoluteError", "MeanSquaredError"),
        width=2,
    ),
    "several weights count examples": Case(
        _binary([0.2, 0.4, 0.9], [0.0, 1.0, 1.0], w=[[1.0, 3.0], [2.0, 2.0], [0.3, 0.5]]),
        WEIGHTED + _metrics("ExampleCount", "WeightedExampleCount"),
    ),
    "a weight for each class": Case(
        [{"p": [0.1, 0.7, 0.2], "y": [0.0, 1.0, 0.0], "w": [0.5, 1.0, 2.0]}] * 3,
        WEIGHTED + _metrics("AUC", "MeanLabel", options="aggregate { micro_average: true }"),
        width=3,
    ),
    "predictions that are thresholds": Case(
        [{"p": [p, 1 - p, 0.0], "y": [y]} for p in (0.1, 0.3, 0.7, 0.9) for y in (0, 1)],
        LABEL
        + _metrics(
            'MultiClassConfusionMatrixAtThresholds:"thresholds": [0.1, 0.3, 0.7, 0.9]',
            'MultiClassConfusionMatrixPlot:"num_thresholds": 10',
        ),
        width=3,
    ),
    "multi-label predictions that are thresholds": Case(
        [{"p": [0.1, 0.3, 0.7], "y": [1, 0, 1]}, {"p": [0.3, 0.7, 0.1], "y": [0, 1, 1]}],
        LABEL + _metrics('MultiLabelConfusionMatrixPlot:"thresholds": [0.1, 0.3, 0.7]'),
        width=3,
    ),
    "top k with aggregation and an example without weight": Case(
        MULTI,
        WEIGHTED
        + _metrics(
            "Precision",
            "Recall",
            "AUC",
            options="aggregate { micro_average: true top_k_list { values: 2 } }",
        ),
        width=3,
    ),
    "hinges on a slice of 0 and 1 beside others": Case(
        _binary([0.3, 0.6, 0.8, 0.2], [0.0, 1.0, 0.5, 1.0], s=["a", "a", "b", "b"]),
        LABEL
        + _metrics("Hinge", "SquaredHinge")
        + 'slicing_specs {} slicing_specs { feature_keys: "s" }',
        batch_size=3,
    ),
    "a weighted macro average over the top k, which has no classes to weigh": Case(
        MULTI,
        LABEL
        + _metrics(
            "MeanPrediction",
            options="aggregate { weighted_macro_average: true top_k_list { values: 2 } }",
        ),
        width=3,
    ),
    "a root of a mean where no row fits arrays": Case(
        _binary([0.2, 0.4], [0.0, 1.0], w=[[1.0, 1.0], [2.0, 2.0]]),
        WEIGHTED + _metrics("RootMeanSquaredError"),
    ),
    "weights without values": Case(
        _binary([0.2, 0.4, 0.9], [0.0, 1.0, 1.0], w=[[], [], []]),
        WEIGHTED
        + _metrics("MeanLabel", "ExampleCount", options="example_weights { unweighted: true }"),
    ),
    "cross slices": Case(
        _binary([0.2, 0.4, 0.6, 0.8], [0.0, 1.0, 1.0, 0.0], s=["a", "a", "b", "b"]),
        LABEL
        + _metrics("MeanLabel", "AUC", "ExampleCount")
        + """
        slicing_specs {} slicing_specs { feature_keys: "s" }
        cross_slicing_specs {
          baseline_spec {} slicing_specs { feature_keys: "s" }
        }
        """,
    ),
    "slices by a number that is NaN for some": Case(
        _binary(
            [0.2, 0.4, 0.6, 0.8, 0.3, 0.1, 0.7, 0.9],
            [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0],
            f=[NAN, 1.0] * 4,
            g=[[NAN, 1.0], [1.0, 2.0]] * 4,
        ),
        LABEL
        + _metrics("MeanLabel", "ExampleCount", 'Mean:"feature_key_path": ["features", "p"]')
        + """
        slicing_specs {} slicing_specs { feature_keys: "f" } slicing_specs { feature_keys: "g" }
        slicing_specs { feature_keys: ["f", "g"] }
        """,
        batch_size=3,
    ),
    "cross slices with all others": Case(
        _binary(
            [0.2, 0.4, 0.6, 0.8, 0.3, 0.1, 0.7],
            [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0],
            s=["a", "a", "b", "b", "c", "a", "b"],
        ),
        LABEL
        + _metrics("MeanLabel", "ExampleCount", "ConfusionMatrixPlot")
        + """
        slicing_specs {} slicing_specs { feature_keys: "s" }
        cross_slicing_specs { baseline_spec { feature_values { key: "s" value: "a" } } }
        cross_slicing_specs {
          baseline_spec {} slicing_specs { feature_values { key: "s" value: "c" } }
        }
        """,
    ),
}


@pytest.mark.every_python
@pytest.mark.parametrize("name", CASES)
def test_metrics_equal_stock_tfmas(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    data = passthrough_model.write_examples(tmp_path / "data", case.rows)
    config = tfma_oracle.config(case.config)
    model = passthrough_model.write_model(tmp_path / "healthy", case.width)
    other = passthrough_model.write_model(tmp_path / "other", case.width, scale=0.9)
    expected = tfma_oracle.run_tfma(data, config, model, str(tmp_path / "tfma"))
    actual, _ = tfma_oracle.run_engine(
        data, config, [model, other], str(tmp_path / "engine"), batch_size=case.batch_size
    )
    assert tfma_oracle.differences(tfma_oracle.load(expected), tfma_oracle.load(actual)) == []


@pytest.mark.parametrize(
    "metrics",
    [
        pytest.param(_metrics("SymmetricPredictionDifference"), id="difference of predictions"),
        pytest.param(_metrics("BooleanFlipRates", "SymmetricFlipRate", "AUC"), id="flip rates"),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 5])
def test_comparisons_with_a_baseline_equal_stock_tfmas(
    metrics: str, batch_size: int, tmp_path: Path
) -> None:
    p = [0.2, 0.4, 0.6, 0.8, 0.45, 0.55]
    data = passthrough_model.write_examples(
        tmp_path / "data", _binary(p, [0.0, 1.0, 1.0, 0.0, 1.0, 0.0], s=["a", "b"] * 3)
    )
    config = tfma_oracle.config(
        """
        model_specs { name: "candidate" label_key: "y" }
        model_specs { name: "baseline" label_key: "y" is_baseline: true }
        slicing_specs {} slicing_specs { feature_keys: "s" }
        """
        + metrics,
        baseline=True,
    )
    model = passthrough_model.write_model(tmp_path / "model")
    baseline = passthrough_model.write_model(tmp_path / "base", scale=0.85)
    stock = tfma_oracle.run_tfma(data, config, model, str(tmp_path / "tfma"), baseline)
    (ours,) = tfma_oracle.run_engine(
        data, config, [model], str(tmp_path / "engine"), baseline, batch_size
    )
    expected, actual = (tfma_oracle.load(output, "candidate") for output in (stock, ours))
    assert tfma_oracle.differences(expected, actual) == []


ROWS = [
    {"p": [p], "y": [y], "flag": [flag]}
    for p, y, flag in zip(
        (0.2, 0.9, 0.4, 0.7), (0.0, 1.0, 1.0, 0.0), (0.0, 1.0, 0.0, 1.0), strict=True
    )
]


@pytest.mark.parametrize("bad", [NAN, math.inf, -math.inf])
def test_a_diverging_candidate_changes_nothing_for_its_neighbour(
    bad: float, tmp_path: Path
) -> None:
    config = tfma_oracle.config(LABEL + _metrics("BinaryCrossEntropy", "MeanAbsoluteError"))
    data = passthrough_model.write_examples(tmp_path / "data", ROWS)
    healthy = passthrough_model.write_model(tmp_path / "healthy")
    diverging = passthrough_model.write_model(tmp_path / "diverging", bad=bad)
    outputs = tfma_oracle.run_engine(data, config, [healthy, diverging], str(tmp_path / "engine"))
    for model, ours in zip((healthy, diverging), outputs, strict=True):
        stock = tfma_oracle.run_tfma(data, config, model, str(tmp_path / "tfma" / model.name))
        assert tfma_oracle.differences(tfma_oracle.load(stock), tfma_oracle.load(ours)) == []
    assert [read_predictions(output).non_finite for output in outputs] == [0, 2]


def test_a_candidate_on_whose_predictions_tfma_fails_ends_alone(tmp_path: Path) -> None:
    # No example is left for ExactMatch, which then divides by 0.
    config = tfma_oracle.config(LABEL + _metrics("AUC", "BinaryAccuracy", "ExactMatch"))
    data = passthrough_model.write_examples(tmp_path / "data", ROWS)
    healthy = passthrough_model.write_model(tmp_path / "healthy")
    diverging = passthrough_model.write_model(tmp_path / "diverging", bad=NAN)
    ours, failed = tfma_oracle.run_engine(
        data, config, [healthy, diverging], str(tmp_path / "engine"), batch_size=2
    )
    stock = tfma_oracle.run_tfma(data, config, healthy, str(tmp_path / "tfma"))
    assert tfma_oracle.differences(tfma_oracle.load(stock), tfma_oracle.load(ours)) == []
    predictions = read_predictions(failed)
    assert predictions.failed
    assert predictions.excluded_reason == "its predictions are NaN or infinite on 2 of 4 examples"
    assert not list(Path(failed).glob("metrics*"))


def test_unequal_weights_are_refused_where_stock_tfma_refuses_them(tmp_path: Path) -> None:
    rows = [{"p": [0.2, 0.3, 0.5], "y": [0], "w": [1.0, 2.0]}]
    config = tfma_oracle.config(WEIGHTED + _metrics("MultiClassConfusionMatrixPlot"))
    data = passthrough_model.write_examples(tmp_path / "data", rows)
    model = passthrough_model.write_model(tmp_path / "model", 3)
    with pytest.raises(Exception, match="add_input failed"):
        tfma_oracle.run_tfma(data, config, model, str(tmp_path / "tfma"))
    with pytest.raises(EvaluationError, match="the values must all be the same"):
        tfma_oracle.run_engine(data, config, [model], str(tmp_path / "engine"))


@pytest.mark.parametrize("bad", [NAN, math.inf, -math.inf])
def test_hinges_convert_labels_by_those_of_examples_that_diverge_too(
    bad: float, tmp_path: Path
) -> None:
    labels = zip(ROWS, (0.0, 1.0, 0.5, 0.0), strict=True)
    data = passthrough_model.write_examples(
        tmp_path / "data", [{**row, "y": [y]} for row, y in labels]
    )
    config = tfma_oracle.config(LABEL + _metrics("Hinge", "SquaredHinge"))
    model = passthrough_model.write_model(tmp_path / "diverging", bad=bad)
    stock = tfma_oracle.run_tfma(data, config, model, str(tmp_path / "tfma"))
    (ours,) = tfma_oracle.run_engine(data, config, [model], str(tmp_path / "engine"))
    assert tfma_oracle.differences(tfma_oracle.load(stock), tfma_oracle.load(ours)) == []


@pytest.mark.parametrize("batch_size", [1, 2, 64])
@pytest.mark.parametrize("missing", [{}, {"y": []}], ids=["no feature", "no value"])
def test_keras_metrics_refuse_a_missing_label_as_in_stock_tfma(
    missing: Row, batch_size: int, tmp_path: Path
) -> None:
    rows: list[Row] = [{"p": [0.2], "y": [1.0]}, {"p": [0.9], "y": [0.0]}, {"p": [0.4], **missing}]
    config = tfma_oracle.config(LABEL + _metrics("KLDivergence"))
    data = passthrough_model.write_examples(tmp_path / "data", rows)
    model = passthrough_model.write_model(tmp_path / "model")
    stock, engine = str(tmp_path / "tfma"), str(tmp_path / "engine")
    with pytest.raises(Exception, match=r"inhomogeneous shape|add_input failed"):
        tfma_oracle.run_tfma(data, config, model, stock, batch_size=batch_size)
    with pytest.raises(EvaluationError, match="label 'y' is missing in 1 of"):
        tfma_oracle.run_engine(data, config, [model], engine, batch_size=batch_size)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_a_label_that_no_example_of_a_batch_has_is_missing_as_in_some(
    batch_size: int, tmp_path: Path
) -> None:
    rows: list[Row] = [{"p": [0.2]}, {"p": [0.4]}, {"p": [0.9], "y": [1.0]}]
    data = passthrough_model.write_examples(tmp_path / "data", rows)
    model = passthrough_model.write_model(tmp_path / "model")
    config = tfma_oracle.config(LABEL + _metrics("MeanPrediction"))
    stock = tfma_oracle.run_tfma(data, config, model, str(tmp_path / "tfma"))
    (ours,) = tfma_oracle.run_engine(
        data, config, [model], str(tmp_path / "engine"), batch_size=batch_size
    )
    assert tfma_oracle.differences(tfma_oracle.load(stock), tfma_oracle.load(ours)) == []


@pytest.mark.parametrize(("batch_size", "of"), [(1, "1 of 1"), (2, "2 of 2"), (64, "2 of 3")])
def test_a_weight_that_no_example_of_a_batch_has_is_not_taken_for_one(
    batch_size: int, of: str, tmp_path: Path
) -> None:
    rows: list[Row] = [
        {"p": [0.2], "y": [0.0]},
        {"p": [0.4], "y": [1.0]},
        {"p": [0.9], "y": [1.0], "w": [3.0]},
    ]
    data = passthrough_model.write_examples(tmp_path / "data", rows)
    model = passthrough_model.write_model(tmp_path / "model")
    config = tfma_oracle.config(WEIGHTED + _metrics("MeanPrediction", "AUC"))
    with pytest.raises(EvaluationError, match=f"weight 'w' is missing in {of} examples"):
        tfma_oracle.run_engine(
            data, config, [model], str(tmp_path / "engine"), batch_size=batch_size
        )


def test_a_baseline_without_weights_beside_a_weighted_candidate_is_refused_as_in_stock_tfma(
    tmp_path: Path,
) -> None:
    rows: list[Row] = [{"p": [0.2], "y": [0.0], "w": [1.0]}, {"p": [0.4], "y": [1.0], "w": [3.0]}]
    data = passthrough_model.write_examples(tmp_path / "data", rows)
    model = passthrough_model.write_model(tmp_path / "model")
    deployed = passthrough_model.write_model(tmp_path / "deployed", scale=0.5)
    text = """
        model_specs { name: "candidate" label_key: "y" example_weight_key: "w" }
        model_specs { name: "baseline" is_baseline: true label_key: "y" }
    """
    config = tfma_oracle.config(text + _metrics("MeanPrediction"), baseline=True)
    with pytest.raises(RuntimeError, match="add_input failed"):
        tfma_oracle.run_tfma(data, config, model, str(tmp_path / "tfma"), deployed)
    with pytest.raises(EvaluationError, match="example_weight is a dict with unrecognized keys"):
        tfma_oracle.run_engine(data, config, [model], str(tmp_path / "engine"), deployed)


def test_metrics_are_read_back_without_cross_slices(tmp_path: Path) -> None:
    case = CASES["cross slices"]
    data = passthrough_model.write_examples(tmp_path / "data", case.rows)
    model = passthrough_model.write_model(tmp_path / "model")
    (output,) = tfma_oracle.run_engine(
        data, tfma_oracle.config(case.config), [model], str(tmp_path / "engine")
    )
    found = EvaluationMetrics(output).of_model("")
    assert found.keys() == {(), (("s", "a"),), (("s", "b"),)}
    assert found[()][MetricName("", "", "example_count")] == 4


@pytest.mark.parametrize("batch_size", [1, 64])
def test_predictions_outside_of_the_thresholds_are_counted_by_output(
    batch_size: int, tmp_path: Path
) -> None:
    config = tfma_oracle.config(
        'model_specs { label_keys { key: "one" value: "y" } label_keys { key: "two" value: "y" } }'
        + _metrics("AUC", options='output_names: ["one", "two"]')
    )
    data = passthrough_model.write_examples(tmp_path / "data", ROWS)
    names = ("one", "two")  # The second is half of the first.
    models = [
        passthrough_model.write_model(tmp_path / f"by-{scale}", scale=scale, outputs=names)
        for scale in (1.0, 1.5, -1.0)
    ]
    outputs = tfma_oracle.run_engine(
        data, config, models, str(tmp_path / "engine"), batch_size=batch_size
    )
    assert [read_predictions(output).outside for output in outputs] == [
        {"one": 0, "two": 0},
        {"one": 2, "two": 0},
        {"one": 4, "two": 4},
    ]
