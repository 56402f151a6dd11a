"""What the fares model is measured by, on which slices, and what it must reach to be shipped."""

from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

# Errors are in dollars. The mean absolute error decides: one typing error of hundreds of dollars
# in a split is most of its squared error, whatever the model says. For the same reason squared
# errors and R² are reported and not judged, except for a floor that only a broken model misses.
#
# A threshold without a slicing spec holds on every slice, however small: so each names its slices,
# `slicing_specs {}` being all examples together. Hours and areas are reported but not judged: some
# have too few trips. Change thresholds let a new model be a little worse than the deployed one,
# within its noise.
#
# The calibration plot has one bucket a dollar, and one at each end for what lies outside.
_CONFIG = """
model_specs { signature_name: "serving_default" label_key: "fare" }
slicing_specs {}
slicing_specs { feature_keys: "trip_start_hour" }
slicing_specs { feature_keys: "pickup_community_area" }
slicing_specs { feature_keys: "payment_type" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics {
    class_name: "MeanAbsoluteError"
    per_slice_thresholds {
      slicing_specs {}
      threshold {
        value_threshold { upper_bound { value: 2.5 } }
        change_threshold { direction: LOWER_IS_BETTER absolute { value: 0.1 } }
      }
    }
    per_slice_thresholds {
      slicing_specs { feature_values { key: "payment_type" value: "Cash" } }
      slicing_specs { feature_values { key: "payment_type" value: "Credit Card" } }
      threshold { value_threshold { upper_bound { value: 3 } } }
    }
  }
  metrics { class_name: "MeanSquaredError" }
  metrics { class_name: "RootMeanSquaredError" }
  metrics { class_name: "SquaredPearsonCorrelation" }
  metrics {
    module: "checkpoint_sweep.metrics.coefficient_of_determination"
    class_name: "CoefficientOfDetermination"
    per_slice_thresholds {
      slicing_specs {}
      threshold { value_threshold { lower_bound { value: 0.3 } } }
    }
  }
  metrics {
    class_name: "Calibration"
    per_slice_thresholds {
      slicing_specs {}
      threshold { value_threshold { lower_bound { value: 0.9 } upper_bound { value: 1.1 } } }
    }
  }
  metrics { class_name: "MeanLabel" }
  metrics { class_name: "MeanPrediction" }
  metrics { class_name: "CalibrationPlot" config: '"left": 0, "right": 100, "num_buckets": 100' }
}
"""


def eval_config() -> config_pb2.EvalConfig:
    """Makes the configuration that both the sweep and the Evaluator use."""
    return text_format.Parse(_CONFIG, config_pb2.EvalConfig())
