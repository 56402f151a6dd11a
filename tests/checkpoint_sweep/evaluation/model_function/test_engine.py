"""What decides on the metrics of a model function, so that earlier results are not taken for it."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from checkpoint_sweep.evaluation.inputs.source import ExampleSource
from checkpoint_sweep.evaluation.model_function.engine import ModelFunction
from checkpoint_sweep.evaluation.model_function.sources import EvalSources
from checkpoint_sweep.saved_model import eval_graph
from checkpoint_sweep.saved_model.saved_model import SavedModel


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"batch_size": 64}, id="the size of batches, over which a loss is a mean"),
        pytest.param({"decisive": frozenset({"auc"})}, id="the metrics that have errors"),
        pytest.param({"cluster_key": "user_id"}, id="what draws the folds"),
    ],
)
def test_results_are_known_by_what_decides_on_them(
    eval_model: Path, change: dict[str, Any]
) -> None:
    exported = SavedModel(str(eval_model))
    graph = eval_graph.read(exported)
    examples = ExampleSource({}, {}, None, None)
    given = ModelFunction(graph, EvalSources(graph, exported, []), examples)
    assert dataclasses.replace(given, **change).digest != given.digest
    assert dataclasses.replace(given).digest == given.digest
