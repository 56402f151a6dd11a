"""An eval graph takes those tensors of a checkpoint that reproduce the weights beside it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from checkpoint_sweep.evaluation.model_function.sources import EvalSources
from checkpoint_sweep.model_run.checkpoints import Checkpoint
from checkpoint_sweep.model_run.exported_model import ExportedModelError
from checkpoint_sweep.saved_model import eval_graph
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.support.estimator_run import EstimatorRun
from tests.support.tensor_bundles import read_bundle, write_bundle

_AVERAGE = "ExponentialMovingAverage"
_KERNEL = "hidden/kernel"


@pytest.fixture
def checkpoint(trained: EstimatorRun, tmp_path: Path) -> Checkpoint:
    """The last checkpoint, with moving averages of its weights."""
    tensors = read_bundle(str(trained.model_run / "model.ckpt-60"))
    averages = {f"{n}/{_AVERAGE}": v / 2 for n, v in tensors.items() if v.dtype == np.float32}
    prefix = str(tmp_path / "model.ckpt-60")
    write_bundle(prefix, tensors | averages)
    return Checkpoint(60, prefix)


def _eval_model(eval_model: Path, directory: Path, factor: float) -> SavedModel:
    """A copy whose weights are multiplied."""
    shutil.copytree(eval_model, directory)
    prefix = str(directory / "variables" / "variables")
    tensors = read_bundle(prefix)
    write_bundle(
        prefix, {n: v * factor if v.dtype == np.float32 else v for n, v in tensors.items()}
    )
    return SavedModel(str(directory))


@pytest.mark.parametrize(
    ("factor", "key"),
    [
        pytest.param(1.0, _KERNEL, id="the weights"),
        pytest.param(0.5, f"{_KERNEL}/{_AVERAGE}", id="their moving averages"),
    ],
)
def test_a_checkpoint_gives_what_was_exported_with_the_eval_graph(
    eval_model: Path, checkpoint: Checkpoint, tmp_path: Path, factor: float, key: str
) -> None:
    saved_model = _eval_model(eval_model, tmp_path / "eval", factor)
    exported = SavedModel(str(eval_model))
    sources = EvalSources(eval_graph.read(saved_model), exported, [checkpoint])
    found = sources.of(ModelSource("step-60", exported, checkpoint.prefix))
    assert (found.saved_model, found.weights) == (saved_model, checkpoint.prefix)
    assert found.key_of(_KERNEL) == key


def test_an_average_has_the_keys_of_the_exported_model(
    eval_model: Path, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    exported = SavedModel(str(eval_model))
    graph = eval_graph.read(_eval_model(eval_model, tmp_path / "eval", 0.5))
    average = ModelSource("average-last-2", exported, str(tmp_path / "weights"))
    assert EvalSources(graph, exported, [checkpoint]).of(average).key_of(_KERNEL) == _KERNEL


def test_the_graph_of_the_export_takes_what_the_export_takes(
    eval_model: Path, checkpoint: Checkpoint
) -> None:
    exported = SavedModel(str(eval_model))
    candidate = ModelSource("step-60", exported, checkpoint.prefix, {_KERNEL: "other"})
    assert EvalSources(eval_graph.read(exported), exported, [checkpoint]).of(candidate) is candidate


def test_an_eval_graph_of_another_run_is_refused(
    eval_model: Path, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    graph = eval_graph.read(_eval_model(eval_model, tmp_path / "eval", 3.0))
    with pytest.raises(ExportedModelError, match="No checkpoint reproduces the weights"):
        EvalSources(graph, SavedModel(str(eval_model)), [checkpoint])
