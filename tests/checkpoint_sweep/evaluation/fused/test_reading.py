"""Where an element has a state, and not a bundle, elements are parts of files."""

from types import SimpleNamespace

import pytest

from checkpoint_sweep.evaluation.fused.engine import reading_for
from checkpoint_sweep.evaluation.request import EvaluationRequest

BATCHES, PARTS = "batches", "parts"


@pytest.mark.parametrize(
    ("runner", "in_parts", "expected"),
    [
        ("FnApiRunner", PARTS, BATCHES),
        ("DaskRunner", PARTS, PARTS),
        pytest.param("DaskRunner", None, BATCHES, id="nothing else can read the examples"),
    ],
)
def test_a_runner_that_drops_ends_of_bundles_gets_parts_of_files(runner, in_parts, expected):
    request = EvaluationRequest([], None, {}, None, BATCHES, None, read_in_parts=in_parts)
    pipeline = SimpleNamespace(runner=type(runner, (), {})())
    assert reading_for(request, pipeline) == expected
