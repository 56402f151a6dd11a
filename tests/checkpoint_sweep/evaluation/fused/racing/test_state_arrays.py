"""A state goes through arrays as it is, and nothing in a file of them can be run."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checkpoint_sweep.evaluation.aggregate import slicing
from checkpoint_sweep.evaluation.aggregate.state import MetricState
from checkpoint_sweep.evaluation.aggregate.sums import Sums
from checkpoint_sweep.evaluation.data_errors import EvaluationError
from checkpoint_sweep.evaluation.fused.racing import partial, state_arrays

KEYS = [(), (("a", 1),), (("a", 1.0), ("b", "ä\udc80")), (("a", 0.1),), (("a", float("inf")),)]
KEYS.append(slicing.with_equal_nan((("a", float("nan")),)))
STATE = MetricState(
    rows=[(sample, (key,)) for sample in (0, 19) for key in KEYS],
    counts=np.arange(12),
    sums={
        0: Sums(np.array([0, 7, 2**40]), np.array([[1.0, 0.1], [2.0, np.nan], [3.0, -0.0]])),
        3: Sums.empty(2),
    },
    fallback={1: {(2, 0, ()): object(), (2, 19, ()): object()}, 2: {}},
    examples=12,
    non_finite=np.array([0, 3, 0]),
    errors={1: "_Combiner"},
    positives=np.array([np.nan, *range(11)]),
)


def test_a_state_is_read_as_it_was_but_for_tfmas_accumulators() -> None:
    content = state_arrays.to_bytes(state_arrays.arrays_of(STATE), [[0, 0.5], [1, float("nan")]])
    saved = state_arrays.from_bytes(content)
    assert saved.incomplete == {2}
    assert repr(saved.derived) == "[[0, 0.5], [1, nan]]"
    assert saved.state.rows == STATE.rows
    kinds = [[type(v) for _, (key,) in s.rows for _, v in key] for s in (saved.state, STATE)]
    assert kinds[0] == kinds[1]
    assert (saved.state.examples, saved.state.errors) == (STATE.examples, STATE.errors)
    assert saved.state.sums.keys() == STATE.sums.keys()
    assert saved.state.fallback == {}
    pairs: list[tuple[Any, Any]] = [
        (getattr(saved.state, name), getattr(STATE, name))
        for name in ("counts", "non_finite", "positives", "outside")
    ]
    for leaf, sums in STATE.sums.items():
        found = saved.state.sums[leaf]
        pairs += [(found.codes, sums.codes), (found.values, sums.values)]
    for found, expected in pairs:
        assert found.dtype == expected.dtype
        assert found.tobytes() == expected.tobytes()


class _Runs:
    def __reduce__(self) -> tuple:
        return Path.touch, (Path("called"),)


def _objects() -> bytes:
    file = io.BytesIO()
    np.savez(file, text=np.array([_Runs()]), derived=np.array([_Runs()]))
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(pickle.dumps(_Runs()), id="a pickle"),
        pytest.param(_objects(), id="arrays of objects"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"PK\x03\x04", id="half"),
    ],
)
def test_what_is_no_state_is_refused_and_not_run(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / partial.WHOLE
    path.write_bytes(content)
    with pytest.raises(EvaluationError, match=r"whole\.npz was changed while the race went on"):
        partial.read(str(path))
    assert not Path("called").exists()
