"""Small TFMA results for the views: from a table of labels and predictions, without any model.

AUC has 100 thresholds in place of 10,000: views show the number, whatever it was made of.
"""

from pathlib import Path

import apache_beam as beam
import numpy as np
import pandas as pd
import pyarrow as pa
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2
from tfx_bsl.arrow import table_util

from tests.support import eager_beam

HOSTILE = "<img src=x onerror=\"document.title='hostile'\"> & co"
PAYMENTS = ("Cash", "Credit Card", HOSTILE)
ROWS = 120
CLASSES = 4
HOURS = 22  # more slices than a page of TFMA's table shows

SMALL = """
model_specs { prediction_key: "prediction" label_key: "label" }
slicing_specs {}
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "AUC" config: '"num_thresholds": 100' }
  metrics { class_name: "BinaryAccuracy" }
}
"""

BINARY = """
model_specs { prediction_key: "prediction" label_key: "label" }
slicing_specs {}
slicing_specs { feature_keys: "hour" }
slicing_specs { feature_keys: "payment" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "AUC" config: '"num_thresholds": 100' }
  metrics { class_name: "BinaryAccuracy" }
  metrics { class_name: "CalibrationPlot" config: '"num_buckets": 20' }
  metrics { class_name: "ConfusionMatrixPlot" config: '"num_thresholds": 40' }
}
"""

WITH_BASELINE = """
model_specs { name: "candidate" prediction_key: "prediction" label_key: "label" }
model_specs { name: "old" prediction_key: "earlier" label_key: "label" is_baseline: true }
slicing_specs {}
slicing_specs { feature_keys: "payment" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "AUC" config: '"num_thresholds": 100' }
}
"""

WITH_INTERVALS = """
model_specs { prediction_key: "prediction" label_key: "label" }
slicing_specs {}
options {
  compute_confidence_intervals { value: true }
  confidence_intervals { method: JACKKNIFE }
}
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "AUC" config: '"num_thresholds": 100' }
}
"""

MULTI_CLASS = """
model_specs { prediction_key: "prediction" label_key: "label" }
slicing_specs {}
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "SparseCategoricalAccuracy" }
  metrics { class_name: "MultiClassConfusionMatrixPlot" config: '"thresholds": [0.4]' }
}
metrics_specs {
  binarize { class_ids { values: [0, 1, 2, 3] } }
  metrics { class_name: "AUC" config: '"num_thresholds": 100' }
  metrics { class_name: "ConfusionMatrixAtThresholds" config: '"thresholds": [0.25, 0.5]' }
}
"""


def binary_rows(skill: float, count: int = ROWS) -> pd.DataFrame:
    """Rows whose predictions follow the label more closely the larger `skill` is.

    All rows of the hour 3 have one label, so AUC has no meaning there.
    """
    random = np.random.default_rng(5)
    hour = random.integers(0, HOURS, count)
    label = np.where(hour == 3, 0, random.integers(0, 2, count))
    noise = random.uniform(0, 1, count)
    return pd.DataFrame(
        {
            "hour": hour,
            "payment": random.choice(PAYMENTS, count),
            "label": label.astype(float),
            "prediction": np.clip(skill * label + (1 - skill) * noise, 0.0, 1.0),
            "earlier": noise,
        }
    )


def multi_class_rows(count: int = ROWS) -> pd.DataFrame:
    """Rows with a class as label and a probability for each class as prediction."""
    random = np.random.default_rng(6)
    label = random.integers(0, CLASSES, count)
    logits = random.normal(size=(count, CLASSES)) + 2 * np.eye(CLASSES)[label]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return pd.DataFrame({"label": label, "prediction": list(probabilities)})


def write_results(directory: Path, rows: pd.DataFrame, config: str) -> str:
    """Evaluates the rows with stock TFMA and writes what any TFMA evaluation writes."""
    eval_config = text_format.Parse(config, config_pb2.EvalConfig())
    batch = table_util.CanonicalizeRecordBatch(pa.RecordBatch.from_pandas(rows))
    with eager_beam.pipeline() as pipeline:
        _ = (
            pipeline
            | beam.Create([batch])
            | tfma.ExtractEvaluateAndWriteResults(
                eval_config=eval_config, output_path=str(directory)
            )
        )
    return str(directory)
