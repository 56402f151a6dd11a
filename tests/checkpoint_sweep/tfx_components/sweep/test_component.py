"""What the component makes of its arguments."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import tensorflow_model_analysis as tfma
from tfx import types
from tfx.types import standard_artifacts

from checkpoint_sweep import CheckpointSweep, Selection


@pytest.mark.parametrize("given", ["train", ["train"], ("train",)])
def test_one_split_needs_no_list(given: str | Sequence[str]) -> None:
    assert _parameters(example_splits=given)["example_splits"] == '["train"]'
    assert _parameters(other_splits=given)["other_splits"] == '["train"]'


def _parameters(
    example_splits: Sequence[str] = ("eval",), other_splits: Sequence[str] = ()
) -> Mapping[str, Any]:
    component = CheckpointSweep(
        examples=types.Channel(type=standard_artifacts.Examples),
        model=types.Channel(type=standard_artifacts.Model),
        model_run=types.Channel(type=standard_artifacts.ModelRun),
        eval_config=tfma.EvalConfig(),
        selection=Selection("auc"),
        example_splits=example_splits,
        other_splits=other_splits,
    )
    properties: Mapping[str, Any] = component.exec_properties
    return properties
