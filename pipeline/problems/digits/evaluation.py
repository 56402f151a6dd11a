"""What a model of the digits is measured by, on which slices, and what it must reach."""

from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from pipeline.problems.digits import features

# Labels are the numbers of classes, so accuracy and cross entropy are the Sparse... ones of Keras.
# Metrics of two classes have no meaning for ten: they are computed for each class against the
# rest (binarize), or averaged over the classes. A class counts as predicted where its
# probability is above one half; accuracy takes the most probable class.
#
# On a slice of one digit, accuracy is the recall of the most probable class. Thresholds without a
# slicing spec would hold on all slices: so each names its own, `slicing_specs {}` being all.
_CONFIG = """
model_specs { signature_name: "serving_default" label_key: "%(label)s" }
slicing_specs {}
slicing_specs { feature_keys: "%(label)s" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics {
    class_name: "SparseCategoricalAccuracy"
    config: '"name": "accuracy"'
    per_slice_thresholds {
      slicing_specs {}
      threshold {
        value_threshold { lower_bound { value: 0.9 } }
        change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.02 } }
      }
    }
    per_slice_thresholds {
      %(each_digit)s
      threshold { value_threshold { lower_bound { value: 0.7 } } }
    }
  }
  metrics {
    class_name: "SparseCategoricalCrossentropy"
    config: '"name": "cross_entropy"'
    per_slice_thresholds {
      slicing_specs {}
      threshold {
        value_threshold { upper_bound { value: 0.5 } }
        change_threshold { direction: LOWER_IS_BETTER absolute { value: 0.05 } }
      }
    }
  }
  metrics {
    class_name: "SparseTopKCategoricalAccuracy"
    config: '"k": 3, "name": "top_3_accuracy"'
  }
  metrics {
    module: "checkpoint_sweep.metrics.precision_at_k"
    class_name: "PrecisionAtK"
    config: '"k": 3'
  }
  metrics { class_name: "MultiClassConfusionMatrixAtThresholds" config: '"thresholds": [0.0]' }
  metrics { class_name: "MultiClassConfusionMatrixPlot" config: '"thresholds": [0.0, 0.5, 0.9]' }
}
metrics_specs {
  binarize { class_ids { values: [%(classes)s] } }
  %(of_two_classes)s
}
metrics_specs {
  aggregate { micro_average: true }
  %(of_two_classes)s
}
metrics_specs {
  aggregate { macro_average: true %(equal_weights)s }
  %(of_two_classes)s
}
"""
_OF_TWO_CLASSES = ("AUC", "Precision", "Recall", "F1Score")


def eval_config() -> config_pb2.EvalConfig:
    """Makes the configuration that both the sweep and the Evaluator use."""
    classes = range(features.CLASSES)
    text = _CONFIG % {
        "label": features.LABEL,
        "classes": ", ".join(map(str, classes)),
        "equal_weights": " ".join(f"class_weights {{ key: {n} value: 1 }}" for n in classes),
        "of_two_classes": " ".join(f'metrics {{ class_name: "{n}" }}' for n in _OF_TWO_CLASSES),
        "each_digit": " ".join(
            f'slicing_specs {{ feature_values {{ key: "{features.LABEL}" value: "{n}" }} }}'
            for n in classes
        ),
    }
    return text_format.Parse(text, config_pb2.EvalConfig())
