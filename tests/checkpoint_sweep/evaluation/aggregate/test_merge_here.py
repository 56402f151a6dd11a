"""States merged in this process are those that Beam would merge, and Beam copies none of them."""

import dataclasses
import pickle
from collections.abc import Callable
from pathlib import Path

import apache_beam as beam
import numpy as np
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from checkpoint_sweep.evaluation.aggregate import sums
from checkpoint_sweep.evaluation.aggregate.merge_here import MergeHere
from checkpoint_sweep.evaluation.aggregate.merge_states import MergeStates
from checkpoint_sweep.evaluation.aggregate.state import MetricState
from tests.checkpoint_sweep.evaluation import tfma_oracle

CONFIG = """
    model_specs { label_key: "label" }
    metrics_specs { metrics { class_name: "ExampleCount" } }
"""
MODELS = 2
RANGES = [(0, 1), (1, 2)]


class _Numbered(MetricState):
    """A state that Beam must not write down."""

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        raise pickle.PicklingError


def _state(number: int) -> MetricState:
    """A state of one row, whose sums and counts are this number."""
    total = sums.Sums(np.arange(MODELS), np.full((MODELS, 1), float(number)))
    none = np.zeros(MODELS, np.int64)
    return _Numbered([(0, ((),))], np.array([number]), {0: total}, {}, 1, none, {}, np.zeros(1))


def _merged(path: Path, merge: Callable[[MergeStates], beam.PTransform], number: int) -> list[str]:
    """Merges states in several bundles; gives what is found, as text."""
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        _ = (
            pipeline
            | beam.Create([(one, n) for one in RANGES for n in range(number)])
            | "State" >> beam.MapTuple(lambda one, n: (one, _state(n)))
            | merge(MergeStates(tfma_oracle.config(CONFIG), MODELS))
            | "Text"
            >> beam.MapTuple(
                lambda one, s: f"{one} {s.examples} {s.counts} {s.sums[0].values.tolist()}"
            )
            | beam.io.WriteToText(str(path), shard_name_template="")
        )
    return sorted(path.read_text().splitlines())


@pytest.mark.parametrize("number", [1, 3])
def test_it_merges_as_beam_does(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _merged(tmp_path / "here", MergeHere, number)
    monkeypatch.delattr(_Numbered, "__reduce__")
    assert found == _merged(tmp_path / "beam", beam.CombinePerKey, number)
    assert len(found) == len(RANGES)


def test_parts_of_a_state_add_up_to_it() -> None:
    whole = _state(5)
    rest = whole.only_sums()
    assert rest.sums is whole.sums
    assert (rest.examples, rest.counts.tolist(), rest.positives.tolist()) == (0, [0], [0.0])
    assert not rest.is_nothing()
    assert dataclasses.replace(rest, sums={}).is_nothing()
    assert not dataclasses.replace(whole, sums={}).is_nothing()


@pytest.mark.parametrize(
    "told",
    [
        {"errors": {1: "BinaryMatrixCombiner"}},
        {"non_finite": np.array([0, 5])},
        {"outside": np.array([[0], [5]])},
    ],
    ids=lambda told: next(iter(told)),
)
def test_what_a_state_without_examples_tells_of_predictions_is_kept(told: dict) -> None:
    state = dataclasses.replace(_state(0).only_sums(), sums={}, **told)
    assert not state.is_nothing()
    assert state.only_sums().is_nothing()
