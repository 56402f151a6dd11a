"""On data as they come a sweep decides by what is true, which is computed here by hand.

Over 300 lines: a list, to which a kind of data adds a few lines.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from sklearn import metrics as sklearn_metrics
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep import Direction, Racing, Selection, SweepOptions, SweepResult, sweep
from checkpoint_sweep.evaluation.inputs.extracts import InputError
from tests.support import passthrough_model
from tests.support.passthrough_model import Row

Array = np.ndarray[Any, Any]

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER
CLASSES = ("ant", "bee", "cat")
_RANDOM = np.random.default_rng(0)
Y = _RANDOM.integers(0, 2, 400)
P = np.clip(0.5 + 0.15 * (Y - 0.5) + 0.15 * _RANDOM.normal(size=400), 0.01, 0.99)
W = np.where((P > 0.5) & (Y == 0), 9.0, 1.0)  # By which it is better to say 1 more rarely.
WIDE = _RANDOM.random((60, 3))
NAMES = [CLASSES[i] for i in (WIDE + 0.5 * _RANDOM.random((60, 3))).argmax(axis=1)]


def _rows(p: Sequence[Any] | Array, y: Sequence[Any] | Array, **more: Sequence[Any]) -> list[Row]:
    return [
        {"p": np.atleast_1d(prediction).tolist(), "y": [label]}
        | {name: [values[index]] for name, values in more.items()}
        for index, (prediction, label) in enumerate(zip(p, np.asarray(y).tolist(), strict=True))
    ]


def _metric(name: str, options: str = "", spec: str = "") -> str:
    module = 'module: "checkpoint_sweep.metrics"' if name == "RankAUC" else ""
    return (
        f'model_specs {{ label_key: "y" {spec} }} slicing_specs {{}} '
        f'metrics_specs {{ metrics {{ class_name: "{name}" {module} }} {options} }}'
    )


AUC = _metric("AUC")
_BOTH = "example_weights { weighted: true unweighted: true }"


def _swept(
    directory: Path,
    rows: Sequence[Row],
    config: str,
    select: Selection,
    scales: Sequence[float],
    model: Mapping[str, Any] | None = None,
    **options: Any,
) -> SweepResult:
    """Sweeps checkpoints that predict ``p`` times a scale each."""
    width = len(rows[0]["p"])
    exported = passthrough_model.write_model(
        directory / "export", width, scales[-1], **(model or {})
    )
    data = passthrough_model.write_examples(directory / "eval.tfrecord", rows)
    return sweep(
        passthrough_model.write_run(directory / "run", scales),
        exported.saved_model.directory,
        SweepOptions(data, text_format.Parse(config, config_pb2.EvalConfig()), select, **options),
    )


@dataclasses.dataclass(frozen=True)
class Case:
    """What is swept, and the true value of each checkpoint.

    Attributes:
        rows: Examples.
        config: Evaluation config.
        select: Selection.
        true: From the predictions of a checkpoint to the value; None for no value.
        scales: Factor of ``p``, by step.
        model: Arguments of `passthrough_model.write_model`.
        options: Further options of the sweep.
    """

    rows: Sequence[Row]
    config: str
    select: Selection
    true: Callable[[Array], float | None]
    scales: Sequence[float] = (1.0, -1.0)
    model: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


_SURE = np.array([0.0, 0.0, 1.0, 1.0, 0.25])
_OF_SURE = np.array([0, 0, 1, 1, 0])
_HINGED = np.array([0.0, 1.0, -1.0, 1.0, 0.0, 0.0, 1.0, 0.5])
_HUGE = np.array([1e30, 2.0])

CASES = {
    "classes in the order of their scores": Case(
        _rows(WIDE, NAMES),
        _metric("SparseCategoricalAccuracy"),
        Selection("sparse_categorical_accuracy", direction=HIGHER),
        lambda p: np.mean([CLASSES[i] == n for i, n in zip(p.argmax(axis=1), NAMES, strict=True)]),
        scales=(-1.0, 1.0),
        model={"vocabulary": CLASSES},
    ),
    "logits": Case(
        _rows(8 * (P - 0.5), Y), AUC, Selection("auc", direction=HIGHER), lambda p: None
    ),
    "logits by their ranks": Case(
        _rows(8 * (P - 0.5), Y),
        _metric("RankAUC"),
        Selection("rank_auc", direction=HIGHER),
        lambda p: sklearn_metrics.roc_auc_score(Y, p[:, 0]),
    ),
    **{
        f"weighted and unweighted, the {'weighted' if weighted else 'unweighted'}": Case(
            _rows(P, Y, w=W.tolist()),
            _metric("BinaryAccuracy", _BOTH, 'example_weight_key: "w"'),
            Selection("binary_accuracy", direction=HIGHER, weighted=weighted),
            lambda p, w=W if weighted else None: np.average((p[:, 0] > 0.5) == Y, weights=w),
            scales=(1.0, 0.8),
        )
        for weighted in (True, False)
    },
    "predictions of exactly 0 and 1": Case(
        _rows(_SURE, _OF_SURE),
        _metric("BinaryCrossEntropy"),
        Selection("binary_crossentropy", direction=LOWER),
        lambda p: -np.log(np.where(_OF_SURE, p[:, 0], 1 - p[:, 0])).mean(),
        scales=(0.75, 1.0),
    ),
    "one class": Case(
        _rows(P, np.ones(400, int)), AUC, Selection("auc", direction=HIGHER), lambda p: None
    ),
    "squares beyond float32": Case(
        _rows(_HUGE, [0.0, 1.0]),
        _metric("MeanSquaredError"),
        Selection("mean_squared_error", direction=LOWER),
        lambda p: np.mean((p[:, 0] - [0, 1]) ** 2),
        scales=(1.0, 0.5),
    ),
    "labels of 0 and -1 in batches of two": Case(
        _rows(np.linspace(-1, 1, 8), _HINGED),
        _metric("Hinge"),
        Selection("hinge", direction=LOWER),
        lambda p: np.maximum(1 - _HINGED * p[:, 0], 0).mean(),
        options={"batch_size": 2},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_best_is_chosen_by_the_true_values(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    swept = _swept(
        tmp_path, case.rows, case.config, case.select, case.scales, case.model, **case.options
    )
    p = np.array([row["p"] for row in case.rows], np.float32).astype(np.float64)
    true = [case.true(p * scale) for scale in case.scales]
    values = [verdict.value if verdict.eligible else None for verdict in swept.verdicts]
    if None in true:
        assert (values, swept.chosen) == (true, None)
        return
    assert values == pytest.approx(true, rel=1e-4)
    assert swept.selection is not None
    best = min(range(len(true)), key=lambda i: swept.selection.direction.loss(true[i]))
    assert swept.step == best + 1


@pytest.mark.parametrize(
    ("key", "bound", "blessed"),
    [
        pytest.param("auc", 0.65, True, id="met"),
        pytest.param("auc", 0.99, False, id="missed"),
    ],
)
@pytest.mark.parametrize("with_slices", [False, True])
def test_a_threshold_by_the_name_of_a_metric_is_judged_by_its_value(
    key: str, bound: float, blessed: bool, with_slices: bool, tmp_path: Path
) -> None:
    of = f"value_threshold {{ lower_bound {{ value: {bound} }} }}"
    options = f'thresholds {{ key: "{key}" value {{ {of} }} }}'
    if with_slices:
        options = (
            f'per_slice_thresholds {{ key: "{key}" value {{ thresholds {{ slicing_specs {{}} '
            f"threshold {{ {of} }} }} }} }}"
        )
    swept = _swept(
        tmp_path, _rows(P, Y), _metric("AUC", options), Selection("auc", direction=HIGHER), (1.0,)
    )
    true = sklearn_metrics.roc_auc_score(Y, P)
    assert swept.verdicts[0].value == pytest.approx(true, abs=1e-3)
    assert swept.blessed is blessed


def _drawn(examples: int, distinct: int | None = None) -> tuple[Array, Array]:
    """Predictions and labels; if of few distinct rows, drawn from these."""
    random = np.random.default_rng(1)
    x = random.normal(size=distinct or examples)
    y = (random.random(x.size) < 1 / (1 + np.exp(-x))).astype(int)
    at = random.integers(0, distinct, examples) if distinct else np.arange(examples)
    return (1 / (1 + np.exp(-x)))[at], y[at]


def _bootstrap(metric: Callable[[Array, Array], float], y: Array, p: Array) -> float:
    random = np.random.default_rng(2)
    rows = [random.integers(0, y.size, y.size) for _ in range(200)]
    return float(np.std([metric(y[row], p[row]) for row in rows]))


@pytest.mark.parametrize(
    ("metric", "of", "distinct", "narrowed"),
    [
        pytest.param("AUC", "auc", None, 1.0, id="wide predictions"),
        pytest.param("RankAUC", "rank_auc", None, 1e-4, id="within one threshold interval"),
        pytest.param("AUC", "auc", None, 0.01, id="narrow predictions"),
        pytest.param("BinaryAccuracy", "binary_accuracy", 50, 1.0, id="50 distinct rows"),
    ],
)
def test_the_standard_error_is_about_that_of_a_bootstrap(
    metric: str, of: str, distinct: int | None, narrowed: float, tmp_path: Path
) -> None:
    p, y = _drawn(2_000, distinct)
    swept = _swept(
        tmp_path, _rows(p, y), _metric(metric), Selection(of, direction=HIGHER), (narrowed,)
    )
    (verdict,) = swept.verdicts

    def true(labels: Array, predictions: Array) -> float:
        if of == "binary_accuracy":
            return float(np.mean((predictions > 0.5) == labels))
        return float(sklearn_metrics.roc_auc_score(labels, predictions))

    assert verdict.caution is None
    assert verdict.value == pytest.approx(true(y, p), abs=2e-3)
    assert verdict.standard_error == pytest.approx(_bootstrap(true, y, p), rel=0.4)


@pytest.mark.parametrize(
    ("rows", "narrowed", "words"),
    [
        pytest.param(_rows(P[:60], Y[:60]), 1.0, "only 60 examples", id="few examples"),
        pytest.param(
            _rows(P, Y),
            5e-4,
            "of positives and of negatives lie between the same two thresholds",
            id="ties between thresholds",
        ),
    ],
)
def test_the_sentence_with_the_interval_of_the_chosen_has_its_caution(
    rows: Sequence[Row], narrowed: float, words: str, tmp_path: Path
) -> None:
    swept = _swept(tmp_path, rows, AUC, Selection("auc", direction=HIGHER), (narrowed,))
    before, _, after = swept.reason.partition("±")
    assert swept.verdicts[0].caution is not None
    assert words in swept.verdicts[0].caution
    assert f"({swept.verdicts[0].caution})" in after, before


def test_a_race_keeps_the_best_of_narrow_predictions(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(3_000, 2))
    y = (random.random(3_000) < 1 / (1 + np.exp(-x[:, 0]))).astype(int)
    rows = [
        {"p": [0.5 + 5e-4 * a], "y": [int(label)], "flag": [b]}
        for (a, b), label in zip(x, y, strict=True)
    ]
    swept = _swept(
        tmp_path, rows, AUC, Selection("auc", direction=HIGHER), (1.0, -1.0), racing=Racing()
    )
    assert swept.step == 1
    assert "dropped after" in swept.verdicts[1].reason


@pytest.mark.parametrize("batch_size", [2, 64])
def test_examples_of_nan_are_one_slice(batch_size: int, tmp_path: Path) -> None:
    f = [float("nan"), 1.0] * 4
    config = _metric("ExampleCount").replace("{}", '{} slicing_specs { feature_keys: "f" }', 1)
    config += ' metrics_specs { metrics { class_name: "AUC" } }'
    select = Selection("auc", direction=HIGHER)
    rows = _rows(P[:8], [0, 0, 1, 1] * 2, f=f)
    swept = _swept(tmp_path, rows, config, select, (1.0,), batch_size=batch_size)
    table = swept.to_pandas()
    counts = table[table["metric"] == "example_count"].set_index("slice")["value"]
    assert counts.to_dict() == {"overall": 8.0, "f=nan": 4.0, "f=1.0": 4.0}


def test_numbers_that_an_input_by_name_cannot_hold_are_refused(tmp_path: Path) -> None:
    rows = [{**row, "flag": [0.0]} for row in _rows(P, Y)]
    with pytest.raises(InputError, match="'p' is int64"):
        _swept(
            tmp_path,
            rows,
            AUC,
            Selection("auc", direction=HIGHER),
            (1.0,),
            {"input_type": "int64"},
        )
