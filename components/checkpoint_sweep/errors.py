"""The errors that are raised on purpose: a message that says what is wrong, and what to do.

    from checkpoint_sweep import sweep
    from checkpoint_sweep.errors import CheckpointError, UserError

    try:
        result = sweep("run", "export", options)
    except CheckpointError as error:
        print(f"The run cannot be swept: {error}")
    except UserError as error:
        print(error)

`SweepError` is the base of all of them, `UserError` of those on something that was given.
"""

from typing import TYPE_CHECKING

from checkpoint_sweep._lazy import importer

if TYPE_CHECKING:
    from checkpoint_sweep.common.errors import SweepError, UserError
    from checkpoint_sweep.common.eval_config import EvalConfigError
    from checkpoint_sweep.evaluation.candidates.fingerprint import ChangedError
    from checkpoint_sweep.evaluation.data_errors import EvaluationError
    from checkpoint_sweep.evaluation.inputs.extracts import InputError
    from checkpoint_sweep.evaluation.inputs.parts import ReadingError
    from checkpoint_sweep.evaluation.inputs.reader import NoFileError
    from checkpoint_sweep.evaluation.inputs.source import ExamplesError
    from checkpoint_sweep.evaluation.preflight.features import FeatureError
    from checkpoint_sweep.evaluation.preflight.signature import SignatureError
    from checkpoint_sweep.evaluation.request import EngineError
    from checkpoint_sweep.model_run.averages import AveragesError
    from checkpoint_sweep.model_run.checkpoints import CheckpointError, NoCheckpointError
    from checkpoint_sweep.model_run.exported_model import ExportedModelError
    from checkpoint_sweep.model_run.run_names import RunsError
    from checkpoint_sweep.report.plot import PlotError
    from checkpoint_sweep.report.sweep_result import ReportError
    from checkpoint_sweep.saved_model.eval_graph import EvalGraphError
    from checkpoint_sweep.saved_model.graph_export import GraphError
    from checkpoint_sweep.saved_model.saved_model import SavedModelError
    from checkpoint_sweep.saved_model.tensor_bundle import UnreadableError
    from checkpoint_sweep.selection.policies import SelectionError
    from checkpoint_sweep.selection.retention import PruneError
    from checkpoint_sweep.sweeping.compare import ComparisonError
    from checkpoint_sweep.sweeping.estimator_bases import EstimatorError
    from checkpoint_sweep.sweeping.folder import BusyError, FolderError
    from checkpoint_sweep.sweeping.predictions.request import PredictionsError
    from checkpoint_sweep.sweeping.served_predictions import ServingError
    from checkpoint_sweep.sweeping.watch import WatchError
    from checkpoint_sweep.tfma_views.results import ViewError
    from checkpoint_sweep.tfx_components.parameters import ParameterError
    from checkpoint_sweep.tfx_components.schemas import SchemaError

__all__ = [
    "SweepError",
    "UserError",
    "AveragesError",
    "BusyError",
    "ChangedError",
    "CheckpointError",
    "ComparisonError",
    "EngineError",
    "EstimatorError",
    "EvalConfigError",
    "EvalGraphError",
    "EvaluationError",
    "ExamplesError",
    "ExportedModelError",
    "FeatureError",
    "FolderError",
    "GraphError",
    "InputError",
    "NoCheckpointError",
    "NoFileError",
    "ParameterError",
    "PlotError",
    "PredictionsError",
    "PruneError",
    "ReadingError",
    "ReportError",
    "RunsError",
    "SavedModelError",
    "SchemaError",
    "SelectionError",
    "ServingError",
    "SignatureError",
    "UnreadableError",
    "ViewError",
    "WatchError",
]

__getattr__ = importer(__name__)


def __dir__() -> list[str]:
    return __all__
