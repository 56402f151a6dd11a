"""Ranges of candidates are merged and evaluated apart; nothing else changes."""

from pathlib import Path

import numpy as np
import pytest

from checkpoint_sweep.evaluation.aggregate import candidate_ranges, sums
from checkpoint_sweep.evaluation.aggregate.state import MetricState, Row
from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.evaluation.results.files import JACKKNIFE
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle

BUCKETS = 3
CONFIG = """
    model_specs { name: "candidate" label_key: "big_tipper" }
    model_specs { name: "baseline" label_key: "big_tipper" is_baseline: true }
    slicing_specs {}
    slicing_specs { feature_keys: "payment_type" }
    metrics_specs {
      metrics { class_name: "AUC"
        threshold { change_threshold { absolute { value: -1 } direction: HIGHER_IS_BETTER } } }
      metrics { class_name: "ExampleCount" }
    }
    metrics_specs {
      query_key: "trip_start_hour"
      metrics { class_name: "MinLabelPosition" }
    }
    options { min_slice_size { value: 3 } }
"""


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        (1, [(0, 1)]),
        (16, [(0, 16)]),
        (17, [(0, 8), (8, 17)]),
        (100, [(0, 14), (14, 28), (28, 42), (42, 57), (57, 71), (71, 85), (85, 100)]),
    ],
)
def test_ranges_are_few_and_of_one_size(candidates: int, expected: list[tuple[int, int]]) -> None:
    assert candidate_ranges.ranges_of(candidates) == expected


def _state(models: int) -> MetricState:
    """Two rows, with an entry for each model and bucket but one, and an accumulator for each."""
    codes = np.delete(np.arange(2 * models * BUCKETS), 1)
    total = sums.Sums(codes, np.stack([codes + 0.5, -codes], axis=1))
    fallback = {1: {(model, 0, ()): model for model in range(models)}}
    zeros = np.zeros(models, np.int64)
    rows: list[Row] = [(0, ((),)), (0, ((("hour", 1),),))]
    return MetricState(rows, np.array([5, 2]), {0: total}, fallback, 7, zeros, {}, zeros)


def _models(part: MetricState, models: int) -> set[int]:
    return set((part.sums[0].codes // BUCKETS % models).tolist())


@pytest.mark.parametrize("baselines", [0, 1])
def test_a_range_has_its_candidates_and_the_baseline(baselines: int) -> None:
    ranges = [(0, 2), (2, 4)]
    models = 4 + baselines
    state = _state(models)
    parts = dict(candidate_ranges.divide(state, ranges, {0: models * BUCKETS}, models))
    known = dict(zip(state.sums[0].codes, state.sums[0].values.tolist(), strict=True))
    assert list(parts) == ranges
    for (first, stop), part in parts.items():
        mine = {*range(first, stop), *range(4, models)}
        assert _models(part, models) == mine
        assert {model for model, *_ in part.fallback[1]} == mine
        of_part = dict(zip(part.sums[0].codes, part.sums[0].values.tolist(), strict=True))
        assert of_part.items() <= known.items()
        assert part.rows == state.rows
        assert part.examples == state.examples
    found = np.concatenate([part.sums[0].codes for part in parts.values()])
    assert set(found.tolist()) == set(state.sums[0].codes.tolist())


def test_results_do_not_depend_on_the_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = taxi_models.write_examples(str(tmp_path / "data"), 200)
    *models, baseline = taxi_models.write_models(str(tmp_path), "binary", 4)
    eval_config = tfma_oracle.config(CONFIG, baseline=True)
    tracked_metrics = find_tracked_metrics(eval_config, Selection("auc"))
    outputs = []
    for size in (16, 1):
        monkeypatch.setattr(candidate_ranges, "_CANDIDATES", size)
        directory = tmp_path / str(size)
        outputs.append(
            tfma_oracle.run_engine(
                data, eval_config, models, str(directory), baseline, tracked_metrics=tracked_metrics
            )
        )
    for whole, divided in zip(*outputs, strict=True):
        found = [tfma_oracle.load(output) for output in (whole, divided)]
        assert not tfma_oracle.differences(*found, diff=0)
        by_bucket = [sorted(_lines(output)) for output in (divided, whole)]
        assert by_bucket[0]
        assert by_bucket[0] == by_bucket[1]


def _lines(output: str) -> list[str]:
    return (Path(output) / JACKKNIFE).read_text().splitlines()


@pytest.mark.parametrize(
    ("workers", "sizes"),
    [
        pytest.param(1, [85, 15], id="one process: 256 sets of metrics of three candidates"),
        pytest.param(2, [12] * 8 + [4], id="two workers: four blocks for each, and the rest"),
        pytest.param(100, [1] * 100, id="more workers than slices"),
    ],
)
def test_blocks_hold_as_many_slices_as_leave_work_for_all_workers(workers, sizes):
    rows = [(0, ((("hour", hour),),)) for hour in range(100)]
    nothing = np.zeros(3, np.int64)
    state = MetricState(rows, np.ones(100, np.int64), {}, {}, 100, nothing, {}, np.zeros(100))
    blocks = list(candidate_ranges.blocks(((0, 3), state), {}, workers))
    assert [len(block) for block in blocks] == sizes
    assert [one.key for block in blocks for one in block] == [key for _, (key,) in rows]
