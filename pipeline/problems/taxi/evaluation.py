"""What the taxi model is measured by, on which slices, and what it must reach to be shipped."""

from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

# A threshold without a slicing spec holds on every slice, however small, and AUC has no value on
# a slice with one class only: so each names its slices, `slicing_specs {}` being all examples
# together. Hours are reported but not judged: at night they have too few trips.
#
# Thresholds are floors that a useful model clears and a broken one does not; the change
# thresholds let a new model be a little worse than the deployed one, within its noise.
_CONFIG = """
model_specs { signature_name: "serving_default" label_key: "big_tipper" }
slicing_specs {}
slicing_specs { feature_keys: "trip_start_hour" }
slicing_specs { feature_keys: "payment_type" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics {
    class_name: "AUC"
    per_slice_thresholds {
      slicing_specs {}
      threshold {
        value_threshold { lower_bound { value: 0.85 } }
        change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.01 } }
      }
    }
  }
  metrics { class_name: "AUCPrecisionRecall" }
  metrics {
    class_name: "BinaryAccuracy"
    per_slice_thresholds {
      slicing_specs {}
      threshold { value_threshold { lower_bound { value: 0.8 } } }
    }
    per_slice_thresholds {
      slicing_specs { feature_values { key: "payment_type" value: "Cash" } }
      threshold { value_threshold { lower_bound { value: 0.98 } } }
    }
    per_slice_thresholds {
      slicing_specs { feature_values { key: "payment_type" value: "Credit Card" } }
      threshold {
        value_threshold { lower_bound { value: 0.6 } }
        change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.05 } }
      }
    }
  }
  metrics { class_name: "Precision" }
  metrics { class_name: "Recall" }
  metrics { class_name: "F1Score" }
  metrics {
    class_name: "BinaryCrossEntropy"
    per_slice_thresholds {
      slicing_specs {}
      threshold {
        value_threshold { upper_bound { value: 0.5 } }
        change_threshold { direction: LOWER_IS_BETTER absolute { value: 0.02 } }
      }
    }
  }
  metrics { class_name: "Calibration" }
  metrics { class_name: "CalibrationPlot" }
  metrics { class_name: "ConfusionMatrixPlot" config: '"num_thresholds": 100' }
}
"""


def eval_config() -> config_pb2.EvalConfig:
    """Makes the configuration that both the sweep and the Evaluator use."""
    return text_format.Parse(_CONFIG, config_pb2.EvalConfig())
