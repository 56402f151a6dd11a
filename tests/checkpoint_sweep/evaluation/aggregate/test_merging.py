"""Merged in stages, states give what they give merged at once."""

from pathlib import Path

import pytest

from checkpoint_sweep.evaluation.aggregate import merging
from checkpoint_sweep.evaluation.aggregate.merge_states import MergeStates
from checkpoint_sweep.evaluation.fused import update_ahead
from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.evaluation.results.files import JACKKNIFE
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle

CONFIG = """
    model_specs { label_key: "big_tipper" }
    slicing_specs {}
    slicing_specs { feature_keys: "payment_type" }
    metrics_specs {
      metrics { class_name: "AUC" }
      metrics { class_name: "ExampleCount" }
      metrics { class_name: "MeanPrediction" }
    }
"""


@pytest.mark.parametrize(
    ("states", "expected"),
    [(1, []), (16, []), (17, [2]), (256, [16]), (257, [17, 2]), (4000, [250, 16])],
)
def test_no_worker_merges_many_states_at_once(states: int, expected: list[int]) -> None:
    assert merging.groups(states) == expected


def test_results_do_not_depend_on_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = taxi_models.write_examples(str(tmp_path / "data"), 300)
    models = taxi_models.write_models(str(tmp_path), "binary", 2)
    eval_config = tfma_oracle.config(CONFIG)
    tracked_metrics = find_tracked_metrics(eval_config, Selection("auc"))
    merged: list[int] = []
    add = MergeStates.add_input

    def add_and_count(self, accumulator, state):  # type: ignore[no-untyped-def]
        merged.append(state.examples)
        return add(self, accumulator, state)

    monkeypatch.setattr(MergeStates, "add_input", add_and_count)
    # A state for each RecordBatch in both.
    monkeypatch.setattr(update_ahead, "drops_ends_of_bundles", _yes)
    outputs = []
    for is_staged, directory in ((False, tmp_path / "at-once"), (True, tmp_path / "in-stages")):
        merged.clear()
        drops = _yes if is_staged else _no
        monkeypatch.setattr(merging, "drops_ends_of_bundles", drops)
        monkeypatch.setattr(merging, "number_of_workers", lambda pipeline: 40)
        outputs.append(
            tfma_oracle.run_engine(
                data, eval_config, models, str(directory), None, 20, tracked_metrics=tracked_metrics
            )
        )
        assert (max(merged) > 20) == is_staged, "states of several RecordBatches were merged again"
    for at_once, in_stages in zip(*outputs, strict=True):
        found = [tfma_oracle.load(output) for output in (at_once, in_stages)]
        assert not tfma_oracle.differences(*found, diff=0)
        by_bucket = [sorted(_lines(output)) for output in (at_once, in_stages)]
        assert by_bucket[0]
        assert by_bucket[0] == by_bucket[1]


def _yes(pipeline: object) -> bool:
    return True


def _no(pipeline: object) -> bool:
    return False


def _lines(output: str) -> list[str]:
    return (Path(output) / JACKKNIFE).read_text().splitlines()
