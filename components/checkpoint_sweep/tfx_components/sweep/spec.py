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
# Of the parameters that may be omitted.
WHOLE_NUMBERS = (FIRST_STEP, LAST_STEP, STRIDE, BATCH_SIZE, MEMORY_BUDGET)
TEXTS = (
    *(STEP_FROM, AVERAGES, ENGINE, RACING, PREDICTIONS),
    *(CLUSTER_KEY, OTHER_SPLITS, SPLIT_THRESHOLDS, METRIC_CODE),
)


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
        **{
            name: component_spec.ExecutionParameter(type=kind, optional=True)
            for kind, names in ((int, WHOLE_NUMBERS), (str, TEXTS))
            for name in names
        },
    }
