"""One EvalConfig for each family of metrics that the engine supports."""

from tensorflow_model_analysis.metrics import metric_types

# TFMA 0.52 has no `FairnessIndicators`.
_REGISTERED = metric_types.registered_metrics()
# Every metric of a family is computed with and without example weights.
BOTH = "example_weights { weighted: true unweighted: true }"

SLICES = """
slicing_specs {}
slicing_specs { feature_keys: "trip_start_day" }
slicing_specs { feature_keys: "payment_type" feature_values { key: "trip_start_month" value: "5" } }
"""


def metrics(*names: str, options: str = "") -> str:
    """A MetricsSpec; a name may bring its JSON config after a colon."""
    parts = []
    for name in names:
        class_name, _, json = name.partition(":")
        quoted = json.replace('"', '\\"')
        parts.append(f'metrics {{ class_name: "{class_name}" config: "{quoted}" }}')
    return f"metrics_specs {{ {' '.join(parts)} {options} }}"


def spec(label: str, extra: str = "") -> str:
    """A ModelSpec with weights."""
    return f'model_specs {{ label_key: "{label}" example_weight_key: "weight" {extra} }}'


BINARY = (
    "AUC",
    'AUC:"name": "auc_pr", "curve": "PR", "num_thresholds": 200',
    "AUCPrecisionRecall",
    "BinaryAccuracy",
    "BinaryCrossentropy",  # Keras's
    'BinaryCrossEntropy:"name": "tfma_binary_crossentropy"',  # of the same name by default
    "Calibration",
    "CalibrationPlot",
    "CoefficientOfDiscrimination",
    'ConfusionMatrixAtThresholds:"thresholds": [0.0, 0.25, 0.5, 1.0]',
    'ConfusionMatrixPlot:"num_thresholds": 50',
    "ExampleCount",
    "F1Score",
    *(["FairnessIndicators"] if "FairnessIndicators" in _REGISTERED else []),
    "FalseNegatives",
    "FalsePositives",
    "MeanAbsoluteError",
    "MeanLabel",
    "MeanPrediction",
    "MeanSquaredError",
    "Precision",
    'Precision:"name": "precision_at", "thresholds": [0.3, 0.7]',
    'PrecisionAtRecall:"recall": 0.5',
    "Recall",
    "RelativeCoefficientOfDiscrimination",
    'SensitivityAtSpecificity:"specificity": 0.5',
    "Specificity",
    'SpecificityAtSensitivity:"sensitivity": 0.5',
    "SquaredPearsonCorrelation",
    "TrueNegatives",
    "TruePositives",
    "WeightedExampleCount",
)
FRACTIONAL = ("AUC", "BinaryCrossEntropy", "CalibrationPlot", "MeanLabel", "Precision", "Recall")
REGRESSION = (
    "ExampleCount",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "LogCoshError",
    "RootMeanSquaredError",
    "SquaredPearsonCorrelation",
    "MeanLabel",
    "MeanPrediction",
    'CalibrationPlot:"left": 0, "right": 60',
)
CONFUSION = ('AUC:"num_thresholds": 20', "Precision", "Recall", "F1Score", "FPR")
SPARSE = (
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "RootMeanSquaredError",
    'MultiClassConfusionMatrixAtThresholds:"thresholds": [0.1, 0.3, 0.9]',
    "MultiClassConfusionMatrixPlot",
    "ExampleCount",
)
DENSE = (
    "CategoricalAccuracy",
    'CategoricalCrossentropy:"name": "keras_crossentropy"',
    "CategoricalCrossEntropy",
    'MultiClassConfusionMatrixPlot:"num_thresholds": 5',
    "CosineSimilarity",
)
BINARIZE = "binarize { class_ids { values: [0, 3] } k_list { values: [1, 2] } }"
TOP_K = "binarize { top_k_list { values: [2, 3] } }"
WEIGHTS = " ".join(f"class_weights {{ key: {i} value: {1 + i / 4} }}" for i in range(7))


def _multi_class(label: str, *names: str) -> str:
    aggregated = metrics(
        *CONFUSION, options=f"{BOTH} aggregate {{ micro_average: true {WEIGHTS} }}"
    )
    return "".join(
        (
            spec(label),
            metrics(*names, options=BOTH),
            metrics(*CONFUSION, "MeanPrediction", options=f"{BOTH} {BINARIZE}"),
            metrics("Precision", "Recall", options=f"{BOTH} {TOP_K}"),
            aggregated.replace(WEIGHTS, "") if label == "labels" else aggregated,
            metrics(*CONFUSION, options=f"aggregate {{ macro_average: true {WEIGHTS} }}"),
            metrics(
                'AUC:"num_thresholds": 20',
                "BinaryAccuracy",
                options=f"aggregate {{ weighted_macro_average: true {WEIGHTS} }}",
            ),
            metrics(
                "Precision",
                'AUC:"num_thresholds": 20',
                options="aggregate { micro_average: true top_k_list { values: 2 } }",
            ),
            'slicing_specs {} slicing_specs { feature_keys: "payment_type" }',
        )
    )


def configs() -> dict[str, tuple[str, str]]:
    """For each family, the kind of model and the config."""
    outputs = """
        model_specs {
          label_keys { key: "tipper" value: "big_tipper" }
          label_keys { key: "weekend" value: "share" }
          example_weight_keys { key: "tipper" value: "weight" }
          example_weight_keys { key: "weekend" value: "fare" }
        }
    """
    both_outputs = 'output_names: ["tipper", "weekend"]'
    return {
        "binary": ("binary", spec("big_tipper") + metrics(*BINARY, options=BOTH) + SLICES),
        "fractional labels": (
            "binary",
            spec("share") + metrics(*FRACTIONAL, options=BOTH) + SLICES,
        ),
        "regression": (
            "regression",
            spec("fare_tips") + metrics(*REGRESSION, options=BOTH) + SLICES,
        ),
        "multi-class, sparse labels": ("multiclass", _multi_class("day", *SPARSE)),
        "multi-class, dense labels": ("multiclass", _multi_class("day_one_hot", *DENSE)),
        "multi-label": (
            "multilabel",
            _multi_class("labels", "BinaryAccuracy", "MultiLabelConfusionMatrixPlot"),
        ),
        "multi-output": (
            "multioutput",
            outputs
            + metrics(
                "AUC",
                "BinaryAccuracy",
                "MeanLabel",
                "WeightedExampleCount",
                options=f"{BOTH} {both_outputs}"
                ' output_weights { key: "tipper" value: 0.25 }'
                ' output_weights { key: "weekend" value: 0.75 }',
            )
            + SLICES,
        ),
        "missing labels": (
            "binary",
            spec("sometimes_label")
            + metrics("ExampleCount", "MeanLabel", "MeanPrediction", options=BOTH)
            + SLICES,
        ),
        "leaves without a vectorized combiner": (
            "binary",
            'model_specs { label_key: "big_tipper" }'
            + metrics(
                "AUC",
                'Mean:"feature_key_path": ["features", "fare"]',
            )
            + SLICES,
        ),
    }
