"""Whole evaluations drawn at random: a configuration, examples, and models that predict them.

Over 300 lines, since each part that is drawn decides what the next ones may be.
"""

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from tests.support.passthrough_model import Row

THRESHOLDS = (0.0, 0.1, 0.3, 0.5, 0.7, 1.0)
# The metrics of Keras have names of their own, so that a comparison can tell them apart.
KERAS = "keras"
KINDS = ("binary", "fractional", "regression", "sparse", "dense", "multi-label", "outputs")
_OF_CLASSES = ("sparse", "dense", "multi-label")


@dataclasses.dataclass(frozen=True)
class Model:
    """Predicts an example's ``p`` times ``scale``; plus ``bad`` where its ``flag`` is not 0."""

    scale: float = 1.0
    bad: float = 0.0


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """One evaluation.

    Attributes:
        seed: Seed that it was drawn with.
        kind: Kind of model, one of ``KINDS``.
        config: EvalConfig as text, without defaults.
        rows: Examples.
        width: Number of predictions of an example.
        outputs: Names of the models' outputs.
        candidates: Two models; at most the second predicts what is not finite.
        baseline: Baseline; None without one.
        batch_size: Number of rows of the RecordBatches.
        compared: Number of the candidate to compare.
        vocabulary: Names of the classes, of which models give those of an example by its scores;
            none where labels are numbers.
        input_type: Type of the input ``p`` that the engine's models take by name; "" where they
            take serialized examples, as stock TFMA's do.
    """

    seed: int
    kind: str
    config: str
    rows: Sequence[Row]
    width: int
    outputs: Sequence[str]
    candidates: Sequence[Model]
    baseline: Model | None
    batch_size: int
    compared: int
    vocabulary: Sequence[str] = ()
    input_type: str = ""

    @property
    def by_query(self) -> bool:
        """Whether some metrics look at the examples of a query together."""
        return "query_key" in self.config

    @property
    def hides_slices(self) -> bool:
        """Whether slices with few examples are not shown."""
        return "min_slice_size" in self.config

    @property
    def samples(self) -> bool:
        """Whether there are confidence intervals, which are random."""
        return "confidence_intervals" in self.config

    def __str__(self) -> str:
        rows = "\n".join(f"  {dict(row)}" for row in self.rows)
        return (
            f"seed {self.seed}, {self.kind}, {self.width} wide, outputs {list(self.outputs)}, "
            f"batches of {self.batch_size}\ncandidates {list(self.candidates)}, compared is "
            f"number {self.compared}; baseline {self.baseline}; vocabulary "
            f"{list(self.vocabulary)}; inputs by name {self.input_type or 'none'}\n"
            f"{self.config}\nrows\n{rows}"
        )


class _Random:
    """The draws that are needed."""

    def __init__(self, seed: int) -> None:
        self.numpy = np.random.default_rng(seed)

    def chance(self, probability: float) -> bool:
        return bool(self.numpy.random() < probability)

    def one(self, values: Sequence[Any], weights: Sequence[float] | None = None) -> Any:
        share = None if weights is None else np.asarray(weights) / sum(weights)
        return values[int(self.numpy.choice(len(values), p=share))]

    def some(self, values: Sequence[Any], least: int = 1, most: int | None = None) -> list[Any]:
        """Draws different ones, in their order."""
        most = len(values) if most is None else min(most, len(values))
        number = int(self.numpy.integers(min(least, most), most + 1))
        chosen = self.numpy.choice(len(values), number, replace=False)
        return [values[i] for i in sorted(chosen.tolist())]


_Settings = Callable[[_Random], dict[str, Any]]


def _no(random: _Random) -> dict[str, Any]:
    return {}


def _maybe(**choices: Sequence[Any]) -> _Settings:
    """Draws each of the settings half of the time."""

    def draw(random: _Random) -> dict[str, Any]:
        return {name: random.one(values) for name, values in choices.items() if random.chance(0.5)}

    return draw


def _always(**choices: Sequence[Any]) -> _Settings:
    def draw(random: _Random) -> dict[str, Any]:
        return {name: random.one(values) for name, values in choices.items()}

    return draw


def _thresholds(random: _Random) -> dict[str, Any]:
    kind = random.one(("default", "one", "several"))
    if kind == "default":
        return {}
    return {"thresholds": random.one(THRESHOLDS) if kind == "one" else random.some(THRESHOLDS)}


def _list_or_number(random: _Random) -> dict[str, Any]:
    if random.chance(0.5):
        return {"thresholds": random.some(THRESHOLDS)}
    return {"num_thresholds": random.one((2, 3, 11))}


_AT_THRESHOLDS = (
    "TruePositives",
    "TP",
    "TrueNegatives",
    "TN",
    "FalsePositives",
    "FP",
    "FalseNegatives",
    "FN",
    "Precision",
    "PPV",
    "Recall",
    "TPR",
    "Specificity",
    "TNR",
    "FallOut",
    "FPR",
    "MissRate",
    "FNR",
    "NegativePredictiveValue",
    "NPV",
    "FalseDiscoveryRate",
    "FalseOmissionRate",
    "Prevalence",
    "PrevalenceThreshold",
    "ThreatScore",
    "BalancedAccuracy",
    "F1Score",
    "MatthewsCorrelationCoefficient",
    "FowlkesMallowsIndex",
    "Informedness",
    "Markedness",
    "PositiveLikelihoodRatio",
    "NegativeLikelihoodRatio",
    "DiagnosticOddsRatio",
    "PredictedPositiveRate",
)
_NUMBERS = (3, 20, 200)
_METHODS = ("interpolation", "majoring", "minoring")
_CURVES: dict[str, _Settings] = {
    "AUC": _maybe(num_thresholds=_NUMBERS, curve=("ROC", "PR"), summation_method=_METHODS),
    "AUCPrecisionRecall": _maybe(num_thresholds=_NUMBERS, summation_method=_METHODS),
    "SensitivityAtSpecificity": _always(specificity=THRESHOLDS),
    "SpecificityAtSensitivity": _always(sensitivity=THRESHOLDS),
    "PrecisionAtRecall": _always(recall=THRESHOLDS),
    "RecallAtPrecision": _always(precision=THRESHOLDS),
    "MaxRecall": _no,
    "ThresholdAtRecall": _always(recall=THRESHOLDS),
}
_SMOOTHED = _maybe(from_logits=(True,), label_smoothing=(0.1, 0.5))
_MEANS: dict[str, _Settings] = {
    "MeanLabel": _no,
    "MeanPrediction": _no,
    "Calibration": _no,
    "ExampleCount": _no,
    "WeightedExampleCount": _no,
}
_ERRORS: dict[str, _Settings] = {
    "MeanAbsoluteError": _no,
    "MeanSquaredError": _no,
    "MeanSquaredLogarithmicError": _no,
    "MeanAbsolutePercentageError": _no,
}
_CORRELATIONS: dict[str, _Settings] = {
    "SquaredPearsonCorrelation": _no,
    "CoefficientOfDiscrimination": _no,
    "RelativeCoefficientOfDiscrimination": _no,
}
_CONFUSION: dict[str, _Settings] = {
    **dict.fromkeys(_AT_THRESHOLDS, _thresholds),
    **_CURVES,
    "BinaryAccuracy": _maybe(threshold=THRESHOLDS),
}
_PLOTS: dict[str, _Settings] = {
    "CalibrationPlot": _maybe(num_buckets=(1, 7, 100), left=(0.0, 0.1), right=(0.7, 1.0)),
    "ConfusionMatrixPlot": _maybe(num_thresholds=(2, 10, 50)),
    "ConfusionMatrixAtThresholds": lambda random: {"thresholds": random.some(THRESHOLDS)},
    "ScoreDistributionPlot": _maybe(num_thresholds=(2, 10)),
    "FairnessIndicators": lambda random: {"thresholds": random.some(THRESHOLDS)},
}
_KERAS_NUMBERS: dict[str, _Settings] = {
    "RootMeanSquaredError": _no,
    "LogCoshError": _no,
    "Poisson": _no,
    "Hinge": _no,
    "SquaredHinge": _no,
    "CosineSimilarity": _no,
    "KLDivergence": _no,
}
_KERAS_BINARY: dict[str, _Settings] = {**_KERAS_NUMBERS, "BinaryCrossentropy": _SMOOTHED}
_KERAS_SPARSE: dict[str, _Settings] = {
    "SparseCategoricalAccuracy": _no,
    "SparseCategoricalCrossentropy": _maybe(from_logits=(True,), ignore_class=(0, 1)),
    "SparseTopKCategoricalAccuracy": _always(k=(1, 2)),
    "RootMeanSquaredError": _no,
}
_KERAS_DENSE: dict[str, _Settings] = {
    "CategoricalAccuracy": _no,
    "CategoricalCrossentropy": _SMOOTHED,
    "TopKCategoricalAccuracy": _always(k=(1, 2)),
    "CategoricalHinge": _no,
    "BinaryCrossentropy": _SMOOTHED,
    **_KERAS_NUMBERS,
}
_OWN_CODE: dict[str, _Settings] = {
    "Mean": lambda random: {"feature_key_path": ["features", "p"]},
    "ExactMatch": _no,
}
_MATRICES: dict[str, _Settings] = {
    "MultiClassConfusionMatrixAtThresholds": lambda r: {"thresholds": r.some(THRESHOLDS)},
    "MultiClassConfusionMatrixPlot": _list_or_number,
}
_LABEL_MATRICES: dict[str, _Settings] = {"MultiLabelConfusionMatrixPlot": _list_or_number}
_ENTROPY: dict[str, _Settings] = {"BinaryCrossEntropy": _SMOOTHED}
# Without from_logits it divides the predictions in place, for all metrics after it.
_CATEGORICAL: dict[str, _Settings] = {
    "CategoricalCrossEntropy": lambda random: {
        "from_logits": True,
        **_maybe(label_smoothing=(0.1,))(random),
    }
}
_COMPARISONS: dict[str, _Settings] = {
    "SymmetricPredictionDifference": _no,
    "BooleanFlipRates": _maybe(threshold=THRESHOLDS),
    **dict.fromkeys(
        (
            "SymmetricFlipRate",
            "NegToNegFlipRate",
            "NegToPosFlipRate",
            "PosToNegFlipRate",
            "PosToPosFlipRate",
        ),
        _maybe(threshold=THRESHOLDS),
    ),
}
_BINARY = {**_CONFUSION, **_MEANS, **_ERRORS, **_CORRELATIONS, **_PLOTS, **_KERAS_BINARY}
_PLAIN: dict[str, Mapping[str, _Settings]] = {
    "binary": {**_BINARY, **_ENTROPY, **_OWN_CODE},
    "fractional": {**_CONFUSION, **_MEANS, **_ERRORS, **_PLOTS, **_ENTROPY, **_KERAS_BINARY},
    "regression": {
        **_MEANS,
        **_ERRORS,
        "SquaredPearsonCorrelation": _no,
        "CalibrationPlot": _always(left=(0.0, -3.0), right=(20.0, 7.0)),
        **_KERAS_NUMBERS,
        **_OWN_CODE,
    },
    "sparse": {**_KERAS_SPARSE, **_MATRICES, "ExampleCount": _no},
    "dense": {**_KERAS_DENSE, **_MATRICES, **_CATEGORICAL, **_ENTROPY, "ExampleCount": _no},
    "multi-label": {**_LABEL_MATRICES, **_CONFUSION, **_MEANS, **_ENTROPY, **_KERAS_NUMBERS},
    "outputs": {**_CONFUSION, **_MEANS, **_ERRORS, **_PLOTS, **_KERAS_BINARY, **_ENTROPY},
}
_CHANCE_OF_EXTREMES = 0.15
_NARROW = 0.003  # Of the range of predictions: some 30 of TFMA's 10,000 thresholds.
_BY_CLASS = {**_CONFUSION, **_MEANS, **_ERRORS, **_PLOTS, "SquaredPearsonCorrelation": _no}
_AVERAGED = {**_CURVES, **_MEANS, **_ERRORS, **dict.fromkeys(_AT_THRESHOLDS, _no)}
_WITHOUT_NAME = ("FairnessIndicators", "BooleanFlipRates", "QueryStatistics")
# Nor do these have a threshold whose outcome could be compared: see fuzz.DEVIATIONS.
_WITHOUT_SCALAR = (
    *_PLOTS,
    *_MATRICES,
    *_LABEL_MATRICES,
    *_WITHOUT_NAME,
    "SquaredPearsonCorrelation",
)


def evaluation(seed: int) -> Evaluation:
    """Draws the evaluation of a seed, always the same.

    Args:
        seed: Seed, not negative.
    """
    return _Draw(seed).evaluation()


class _Draw:
    """Draws an evaluation; what has been drawn decides what may follow."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random = _Random(seed)
        self.kind = random.one(KINDS, (4, 1, 2, 3, 2, 2, 2))
        self.width = random.one((2, 3, 4)) if self.kind in _OF_CLASSES else 1
        self.outputs = ("one", "other") if self.kind == "outputs" else ("predictions",)
        self.baseline = random.chance(0.35)
        self.by_query = self.kind == "binary" and random.chance(0.2)
        self.samples = not self.by_query and random.chance(0.06)
        self.weights = random.one(("none", "plain", "odd"), (4, 5, 1))
        # Stock TFMA fails where there are cross slices too.
        self.small_slices = not self.by_query and not self.samples and random.chance(0.12)
        self.named = 0

    def evaluation(self) -> Evaluation:
        random = self.random
        config = "\n".join((self._model_spec(), *self._metrics(), *self._slices(), self._options()))
        bad = random.one((0.0, math.nan, math.inf, -math.inf), (8, 1, 1, 1))
        scales = (0.5, 0.9, 1.5, -1.0)
        return Evaluation(
            self.seed,
            self.kind,
            config,
            self._rows(),
            self.width,
            self.outputs,
            (Model(), Model(random.one(scales), bad)),
            Model(random.one((1.0, 0.5, 0.85))) if self.baseline else None,
            random.one((1, 5, 64)),
            int(random.chance(0.5)),
        )

    def _model_spec(self) -> str:
        if self.kind != "outputs":
            weight = 'example_weight_key: "w"' if self.weights != "none" else ""
            return f'model_specs {{ label_key: "y" {weight} }}'
        weight = ""
        if self.weights != "none":
            weight = 'example_weight_key: "w"'
            if self.random.chance(0.5):
                weight = (
                    'example_weight_keys { key: "one" value: "w" } '
                    'example_weight_keys { key: "other" value: "v" }'
                )
        return (
            'model_specs { label_keys { key: "one" value: "y" } '
            f'label_keys {{ key: "other" value: "z" }} {weight} }}'
        )

    def _metrics(self) -> list[str]:
        random, specs = self.random, []
        if self.kind in _OF_CLASSES:
            for make in random.some((self._plain, self._binarized, self._averaged), 1, 3):
                specs.append(make())
        else:
            specs += [self._plain() for _ in range(random.one((1, 1, 2)))]
        if self.baseline and self.kind in ("binary", "fractional") and random.chance(0.4):
            specs.append(self._spec(_COMPARISONS, self._example_weights(), 2))
        if self.by_query:
            specs += self._query_metrics()
        return specs

    def _plain(self) -> str:
        options = self._example_weights()
        if self.kind == "outputs":
            options += ' output_names: ["one", "other"]'
            if self.random.chance(0.3):
                options += (
                    ' output_weights { key: "one" value: 0.25 }'
                    ' output_weights { key: "other" value: 0.75 }'
                )
                return self._spec(_AVERAGED, options)
        return self._spec(_PLAIN[self.kind], options)

    def _binarized(self) -> str:
        random, classes = self.random, list(range(self.width))
        choices = {
            "class_ids": random.some(classes),
            "k_list": random.some([k + 1 for k in classes], 1, 2),
            "top_k_list": random.some([k + 1 for k in classes], 1, 2),
        }
        chosen = random.some(list(choices), 1, 2)
        lists = " ".join(f"{name} {{ values: {choices[name]} }}" for name in chosen)
        return self._spec(_BY_CLASS, f"{self._example_weights()} binarize {{ {lists} }}")

    def _averaged(self) -> str:
        random = self.random
        kind = random.one(("micro_average", "macro_average", "weighted_macro_average"))
        classes = random.some(range(self.width))
        weights = " ".join(
            f"class_weights {{ key: {i} value: {random.one((0.0, 0.5, 1.0, 2.5))} }}"
            for i in classes
        )
        top = random.some([k + 1 for k in range(self.width)], 1, 2)
        chosen = weights
        if random.chance(0.25):
            chosen = f"top_k_list {{ values: {top} }}"
        elif kind == "micro_average" and random.chance(0.5):
            chosen = ""
        metrics = _AVERAGED
        if kind == "micro_average":
            metrics = {**_CONFUSION, **_MEANS, **_ERRORS, **_PLOTS}
        options = f"{self._example_weights()} aggregate {{ {kind}: true {chosen} }}"
        return self._spec(metrics, options)

    def _query_metrics(self) -> list[str]:
        random = self.random
        gains = {"NDCG": lambda r: {"gain_key": "gain", "top_k_list": r.some((1, 2, 3))}}
        ranks: dict[str, _Settings] = {**gains, "MinLabelPosition": _no}
        keys = random.some(("q", "n"), 1, 2)
        specs = []
        for key in keys:
            # Stock TFMA cannot compute these with two models, and their names are taken once.
            statistics = {} if self.baseline or specs else {"QueryStatistics": _no}
            options = f'query_key: "{key}" {self._example_weights()}'
            specs.append(self._spec({**ranks, **statistics}, options, 3, 1))
        return specs

    def _example_weights(self) -> str:
        if self.weights == "none":
            return ""
        both = "example_weights { weighted: true unweighted: true }"
        return self.random.one(("", both, "example_weights { unweighted: true }"), (2, 2, 1))

    def _spec(
        self, metrics: Mapping[str, _Settings], options: str, most: int = 6, least: int = 2
    ) -> str:
        names = set(metrics)
        if self.weights != "none":
            names -= {"Mean"}  # TFMA refuses these.
        if "class_weights" in options:
            names -= {"ExampleCount", "WeightedExampleCount"}
        if "macro_average" in options:
            names -= {"MaxRecall"}
        chosen = self.random.some(sorted(names), least, most)
        if self.samples:  # Random samples leave some of these undefined.
            chosen = [name for name in chosen if name in ("ExampleCount", "MeanLabel")]
            chosen = chosen or ["MeanPrediction"]
        parts = [self._metric(name, metrics.get(name, _no)) for name in chosen]
        return f"metrics_specs {{\n  {chr(10).join(parts)}\n  {options}\n}}"

    def _metric(self, name: str, draw: _Settings) -> str:
        settings = draw(self.random)
        if name not in _WITHOUT_NAME:
            of_keras = any(name in found for found in (_KERAS_BINARY, _KERAS_SPARSE, _KERAS_DENSE))
            prefix = f"{KERAS}_" if of_keras else ""
            settings["name"] = f"{prefix}{name}_{self.named}"
            self.named += 1
        drawn = name
        if name == "FairnessIndicators" and name not in metric_types.registered_metrics():
            # TFMA 0.52 has none. What else is drawn stays the same.
            drawn = "ConfusionMatrixAtThresholds"
            settings["name"] = "of_fairness_indicators"
        config = json.dumps(settings)[1:-1]
        threshold = ""
        scalar = name not in _WITHOUT_SCALAR and "thresholds" not in settings
        if scalar and self.random.chance(0.15):
            threshold = self._threshold()
        return f"metrics {{ class_name: \"{drawn}\" config: '{config}' {threshold} }}"

    def _threshold(self) -> str:
        random = self.random
        bounds = random.some(
            (
                f"lower_bound {{ value: {random.one(THRESHOLDS)} }}",
                f"upper_bound {{ value: {random.one(THRESHOLDS)} }}",
            )
        )
        parts = [f"value_threshold {{ {' '.join(bounds)} }}"]
        if self.baseline:
            direction = random.one(("HIGHER_IS_BETTER", "LOWER_IS_BETTER"))
            limit = random.one(("absolute { value: -0.05 }", "relative { value: 0.1 }"))
            parts.append(f"change_threshold {{ direction: {direction} {limit} }}")
        inner = " ".join(random.some(parts))
        if random.chance(0.6):
            return f"threshold {{ {inner} }}"
        return (
            'per_slice_thresholds { slicing_specs { feature_keys: "s" } '
            f"threshold {{ {inner} }} }}"
        )

    def _slices(self) -> list[str]:
        random = self.random
        if self.samples:
            return ["slicing_specs {}"]
        specs = (
            "",
            'feature_keys: "s"',
            'feature_keys: ["n", "s"]',
            'feature_values { key: "n" value: "1" }',
            'feature_keys: "s" feature_values { key: "n" value: "1" }',
            'feature_keys: "tags"',
            'feature_keys: ["s", "tags"]',
            'feature_values { key: "s" value: "nowhere" }',
            'feature_keys: "no_such_feature"',
        )
        found = [f"slicing_specs {{ {spec} }}" for spec in random.some(specs, 0, 3)]
        cross = (
            'baseline_spec {} slicing_specs { feature_keys: "s" }',
            'baseline_spec { feature_values { key: "s" value: "a" } } '
            'slicing_specs { feature_keys: "s" }',
            'baseline_spec { feature_values { key: "n" value: "1" } } '
            'slicing_specs { feature_keys: "tags" } slicing_specs { feature_keys: ["n", "s"] }',
        )
        if not self.by_query and not self.small_slices and random.chance(0.15):
            found.append(f"cross_slicing_specs {{ {random.one(cross)} }}")
        return found

    def _options(self) -> str:
        if self.samples:
            method = self.random.one(("JACKKNIFE", "POISSON_BOOTSTRAP"))
            return (
                "options { compute_confidence_intervals { value: true } "
                f"confidence_intervals {{ method: {method} }} }}"
            )
        if self.small_slices:
            return f"options {{ min_slice_size {{ value: {self.random.one((2, 5))} }} }}"
        return ""

    def _rows(self) -> list[Row]:
        random = self.random
        number = random.one((0, 1, 2, 5, 17, 40), (1, 1, 2, 5, 6, 3))
        if self.samples:
            number = 40
        labels = self._labels()
        odd_labels = random.one((None, "missing", "empty", "several", "foreign"), (30, 1, 1, 1, 1))
        odd_weights = random.one(("missing", "empty", "equal", "unequal", "each"))
        on_grid = random.chance(0.6)
        rows = []
        for _ in range(number):
            query = random.one((0, 1, 2))
            row: dict[str, Any] = {
                "p": self._prediction(on_grid),
                "y": labels(),
                "z": [float(random.one((0, 1)))],
                "flag": [float(random.chance(0.3))],
                "w": [float(random.one((0.0, 0.5, 1.0, 2.0, 3.7)))],
                "v": [float(random.one((0.0, 0.25, 1.0)))],
                "q": [f"query {query}"],
                "n": [query % 2],
                "gain": [float(random.one((0, 1, 2, 3)))],
                "s": [random.one(("a", "b", "c"))],
                "tags": random.some(("red", "green", "blue"), 1, 3),
            }
            if self.by_query:
                row["w"] = [0.5 + query % 2]
            if self.weights == "odd" and random.chance(0.4):
                self._spoil(row, "w", odd_weights)
            if odd_labels and random.chance(0.3):
                self._spoil(row, "y", odd_labels)
            if random.chance(0.05):
                del row["s"]
            rows.append(row)
        return self._narrow_or_repeated(rows, on_grid)

    def _narrow_or_repeated(self, rows: list[Row], on_grid: bool) -> list[Row]:
        """Makes predictions of two classes close to each other, and rows equal, now and then."""
        # Apart from the others, so that a seed of old stands for what else it stood for.
        random = np.random.default_rng((self.seed, 1))
        narrow, repeated = random.random(2) < _CHANCE_OF_EXTREMES
        if narrow and not on_grid and self.kind == "binary":
            rows = [{**row, "p": [0.5 + _NARROW * (p - 0.5) for p in row["p"]]} for row in rows]
        if repeated and rows:
            rows = [rows[i] for i in random.integers(0, 1 + len(rows) // 4, len(rows))]
        return rows

    def _spoil(self, row: dict[str, Any], name: str, how: str) -> None:
        value = row[name][0]
        if how == "missing":
            del row[name]
        elif how == "unequal":
            row[name] = [value, value + 1.0]
        elif how == "foreign":
            row[name] = [type(value)(7)] * len(row[name])
        else:
            several = self.width if how == "each" else 2
            row[name] = [] if how == "empty" else [value] * several

    def _prediction(self, on_grid: bool) -> list[float]:
        random = self.random
        if self.kind == "regression":
            return [float(random.numpy.gamma(2.0, 3.0)) if not on_grid else random.one((1.0, 4.0))]
        if on_grid:
            return [random.one(THRESHOLDS) for _ in range(self.width)]
        if self.kind in ("sparse", "dense"):
            return random.numpy.dirichlet(np.ones(self.width)).tolist()
        return random.numpy.random(self.width).tolist()

    def _labels(self) -> Callable[[], list[Any]]:
        """Draws the label of an example."""
        random, width = self.random, self.width
        number: type = random.one((int, float))
        of_one = random.one((None, 0, 1), (8, 1, 1))

        def binary() -> int:
            return random.one((0, 1)) if of_one is None else of_one

        def one_of_classes() -> int:
            return int(random.numpy.integers(width)) if of_one is None else of_one

        if self.kind == "fractional":
            return lambda: [random.one((0.0, 0.25, 0.5, 1.0))]
        if self.kind == "regression":
            return lambda: [float(random.one((0.0, 1.5, 4.0, 20.0)))]
        if self.kind == "sparse":
            return lambda: [one_of_classes()]
        if self.kind == "dense":
            return lambda: np.eye(width)[one_of_classes()].tolist()
        if self.kind == "multi-label":
            return lambda: [number(binary()) for _ in range(width)]
        return lambda: [number(binary())]
