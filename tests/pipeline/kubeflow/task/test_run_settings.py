import json

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.set_policies import EarliestOfSet
from pipeline.kubeflow.task.run_settings import executor_of, settle

STOCK = "tfx.components.evaluator.executor.Executor"
OURS = "checkpoint_sweep.tfx_components.evaluator.executor.EvaluatorExecutor"


def test_steps_go_to_the_trainer() -> None:
    values = {
        "train_args": '{"num_steps": 4000, "splits": ["train"]}',
        "custom_config": '{"checkpoint_steps": 200, "source": "x"}',
        "run_fn": '"module.run_fn"',
        "setting_steps": 80.0,
        "setting_checkpoint_steps": 20.0,
    }
    settled = settle(values)
    assert {name: json.loads(value) for name, value in settled.items()} == {
        "train_args": {"num_steps": 80, "splits": ["train"]},
        "custom_config": {"checkpoint_steps": 20, "source": "x"},
        "run_fn": "module.run_fn",
    }


@pytest.mark.parametrize(
    ("direction", "expected"),
    [("", None), ("higher", Direction.HIGHER_IS_BETTER), ("lower", Direction.LOWER_IS_BETTER)],
)
def test_the_metric_goes_to_the_sweep_and_the_rest_of_the_selection_stays(
    direction: str, expected: Direction | None
) -> None:
    compiled = Selection("auc", policy=EarliestOfSet(), level=0.8)
    values = {
        "selection": compiled.to_json(),
        "engine": "fused",
        "setting_select_by": "precision",
        "setting_direction": direction,
        "setting_engine": "tfma",
    }
    settled = settle(values)
    chosen = Selection("precision", policy=EarliestOfSet(), level=0.8, direction=expected)
    assert Selection.from_json(settled["selection"]) == chosen
    assert settled["engine"] == "tfma"
    assert settled.keys() == {"selection", "engine"}


@pytest.mark.parametrize(
    ("executor", "values", "expected"),
    [
        (OURS, {"setting_engine": "tfma"}, STOCK),
        (STOCK, {"setting_engine": "fused"}, OURS),
        (OURS, {"setting_engine": "fused"}, OURS),
        ("other.Executor", {"setting_engine": "tfma"}, "other.Executor"),
        (STOCK, {}, STOCK),
    ],
)
def test_the_engine_selects_the_evaluators_executor(
    executor: str, values: dict, expected: str
) -> None:
    assert executor_of(executor, values) == expected
