"""The interface of the CheckpointSweep component: its inputs, outputs and parameters."""

from typing import ClassVar

from tensorflow_model_analysis.proto import config_pb2
from tfx.types import component_spec, standard_artifacts

EXAMPLES = "examples"
# TFX wants keys to differ between inputs and outputs, and the best model leaves as "model".
EXPORTED_MODEL = "exported_model"
MODEL_RUN = "model_run"
BASELINE_MODEL = "baseline_model"
SCHEMA = "schema"
EVAL_MODEL = "eval_model"

EVALUATION = "evaluation"
MODEL = "model"
BLESSING = "blessing"

EVAL_CONFIG = "eval_config"
SELECTION = "selection"
EXAMPLE_SPLITS = "example_splits"
FIRST_STEP = "first_step"
LAST_STEP = "last_step"
STRIDE = "stride"
STEP_FROM = "step_from"
AVERAGES = "averages"
ENGINE = "engine"
BATCH_SIZE = "batch_size"
MEMORY_BUDGET = "memory_budget"
RACING = "racing"
PREDICTIONS = "predictions"
CLUSTER_KEY = "cluster_key"
OTHER_SPLITS = "other_splits"
SPLIT_THRESHOLDS = "split_thresholds"
# The source of the metrics that eval_config names, so that TFX's cache notices an edit.
METRIC_CODE = "metric_code"


class CheckpointSweepSpec(component_spec.ComponentSpec):
    """Inputs, outputs and parameters of CheckpointSweep."""

    INPUTS: ClassVar = {
        EXAMPLES: component_spec.ChannelParameter(type=standard_artifacts.Examples),
        EXPORTED_MODEL: component_spec.ChannelParameter(type=standard_artifacts.Model),
        MODEL_RUN: component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
        BASELINE_MODEL: component_spec.ChannelParameter(
            type=standard_artifacts.Model, optional=True
        ),
        SCHEMA: component_spec.ChannelParameter(type=standard_artifacts.Schema, optional=True),
        EVAL_MODEL: component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
    }
    OUTPUTS: ClassVar = {
        EVALUATION: component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        MODEL: component_spec.ChannelParameter(type=standard_artifacts.Model),
        BLESSING: component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
    }
    PARAMETERS: ClassVar = {
        EVAL_CONFIG: component_spec.ExecutionParameter(type=config_pb2.EvalConfig),
        SELECTION: component_spec.ExecutionParameter(type=str),
        EXAMPLE_SPLITS: component_spec.ExecutionParameter(type=str),
        FIRST_STEP: component_spec.ExecutionParameter(type=int, optional=True),
        LAST_STEP: component_spec.ExecutionParameter(type=int, optional=True),
        STRIDE: component_spec.ExecutionParameter(type=int, optional=True),
        STEP_FROM: component_spec.ExecutionParameter(type=str, optional=True),
        AVERAGES: component_spec.ExecutionParameter(type=str, optional=True),
        ENGINE: component_spec.ExecutionParameter(type=str, optional=True),
        BATCH_SIZE: component_spec.ExecutionParameter(type=int, optional=True),
        MEMORY_BUDGET: component_spec.ExecutionParameter(type=int, optional=True),
        RACING: component_spec.ExecutionParameter(type=str, optional=True),
        PREDICTIONS: component_spec.ExecutionParameter(type=str, optional=True),
        CLUSTER_KEY: component_spec.ExecutionParameter(type=str, optional=True),
        OTHER_SPLITS: component_spec.ExecutionParameter(type=str, optional=True),
        SPLIT_THRESHOLDS: component_spec.ExecutionParameter(type=str, optional=True),
        METRIC_CODE: component_spec.ExecutionParameter(type=str, optional=True),
    }
