import csv
import json
import logging
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow_model_analysis as tfma

from checkpoint_sweep.evaluation.inputs.source import ExamplesError
from checkpoint_sweep.evaluation.results.ledger import read_ledger
from checkpoint_sweep.model_run.checkpoints import CheckpointError
from checkpoint_sweep.saved_model.model_source import VARIABLES
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.split_thresholds import SplitThreshold, to_json
from tests.checkpoint_sweep.tfx_components.sweep.conftest import Sweep, Swept
from tests.support import tfma_metrics
from tests.support.estimator_run import STEPS, EstimatorRun
from tests.support.tensor_bundles import read_bundle

pytestmark = pytest.mark.slow


def test_the_best_checkpoint_is_evaluated_exported_and_blessed(
    trained: EstimatorRun, usual: Swept
) -> None:
    swept = usual
    evaluation = Path(swept.evaluation.uri)
    values = {step: tfma_metrics.overall(evaluation / f"step-{step:08d}")["auc"] for step in STEPS}
    best = max(values, key=lambda step: (values[step], -step))

    assert swept.verdicts["chosen"] == f"step-{best:08d}"
    assert {c["step"]: c["value"] for c in swept.verdicts["checkpoints"]} == values

    assert swept.files == {"BLESSED", "verdicts.json"}
    assert swept.blessing.get_int_custom_property("blessed") == 1
    assert not swept.blessing.has_custom_property("current_model_id")

    checkpoint = read_bundle(str(trained.model_run / f"model.ckpt-{best}"))
    exported = read_bundle(str(Path(swept.model.uri) / "Format-Serving" / VARIABLES))
    assert all(np.array_equal(exported[key], checkpoint[key]) for key in exported)
    assert exported["global_step"] == best
    assert swept.model.get_int_custom_property("checkpoint_step") == best


def test_results_are_read_as_a_time_series(usual: Swept) -> None:
    folders = [str(path) for path in sorted(Path(usual.evaluation.uri).glob("step-*"))]
    results = tfma.load_eval_results(folders, mode=tfma.MODEL_CENTRIC_MODE)
    assert len(results.get_results()) == len(STEPS)
    assert [(e.step, e.status) for e in read_ledger(usual.evaluation.uri)] == [
        (step, "evaluated") for step in STEPS
    ]


def test_thresholds_that_none_meets_bless_and_export_nothing(
    trained: EstimatorRun, sweep: Sweep
) -> None:
    swept = sweep(trained, floor=0.9999)
    assert swept.files == {"NOT_BLESSED", "verdicts.json"}
    assert swept.blessing.get_int_custom_property("blessed") == 0
    assert swept.verdicts["chosen"] is None
    assert not any(Path(swept.model.uri).iterdir())
    for verdict in swept.verdicts["checkpoints"]:
        assert not verdict["eligible"]
        assert re.match(r"auc 0\.\d+ is below the threshold 0\.9999", verdict["reason"])


def test_without_thresholds_the_best_is_exported_but_not_blessed(
    trained: EstimatorRun, sweep: Sweep
) -> None:
    swept = sweep(trained, floor=None)
    assert swept.files == {"NOT_BLESSED", "verdicts.json"}
    assert "no thresholds" in swept.verdicts["reason"]
    assert (Path(swept.model.uri) / "Format-Serving" / "saved_model.pb").exists()


def test_a_lower_is_better_metric_chooses_its_smallest_value(
    trained: EstimatorRun, sweep: Sweep
) -> None:
    selection = Selection("binary_crossentropy", direction=Direction.LOWER_IS_BETTER)
    verdicts = sweep(trained, selection=selection.to_json()).verdicts
    chosen = next(c for c in verdicts["checkpoints"] if c["name"] == verdicts["chosen"])
    assert chosen["value"] == min(c["value"] for c in verdicts["checkpoints"])


def test_the_selection_metric_can_be_read_on_a_slice(trained: EstimatorRun, sweep: Sweep) -> None:
    selection = Selection(
        "binary_crossentropy", {"payment_type": "Credit Card"}, Direction.LOWER_IS_BETTER
    )
    swept = sweep(trained, selection=selection.to_json(), first_step=60)
    result = tfma.load_eval_result(str(Path(swept.evaluation.uri) / "step-00000060"))
    (metrics,) = (
        m for key, m in result.slicing_metrics if key == (("payment_type", "Credit Card"),)
    )
    (verdict,) = swept.verdicts["checkpoints"]
    assert verdict["value"] == metrics[""][""]["binary_crossentropy"]["doubleValue"]


@pytest.mark.parametrize(
    ("splits", "count"), [(["eval"], 200), (["test"], 100), (["eval", "test"], 300)]
)
def test_the_named_splits_are_evaluated(
    trained: EstimatorRun, sweep: Sweep, splits: list[str], count: int
) -> None:
    swept = sweep(trained, example_splits=json.dumps(splits), first_step=60)
    metrics = tfma_metrics.overall(Path(swept.evaluation.uri) / "step-00000060")
    assert metrics["example_count"] == count


def test_step_range_and_stride_choose_the_checkpoints(trained: EstimatorRun, sweep: Sweep) -> None:
    swept = sweep(trained, first_step=1, stride=2)
    assert [c["step"] for c in swept.verdicts["checkpoints"]] == [20, 60]


def test_an_unreadable_checkpoint_is_left_out_with_its_reason(
    trained: EstimatorRun, sweep: Sweep, tmp_path: Path
) -> None:
    damaged = EstimatorRun(trained.estimator, tmp_path / "run", trained.export)
    shutil.copytree(trained.model_run, damaged.model_run)
    data = damaged.model_run / "model.ckpt-20.data-00000-of-00001"
    data.write_bytes(bytes(data.stat().st_size))
    swept = sweep(damaged, first_step=20)
    first, *others = swept.verdicts["checkpoints"]
    assert first["reason"].startswith("unreadable")
    assert all(c["value"] is not None for c in others)
    assert [e.status for e in read_ledger(swept.evaluation.uri)] == [
        "skipped",
        "evaluated",
        "evaluated",
    ]


def _without_checkpoints(run: EstimatorRun) -> None:
    for file in run.model_run.glob("model.ckpt-*"):
        file.unlink()


def _without_data(run: EstimatorRun) -> None:
    (run.model_run / "model.ckpt-20.data-00000-of-00001").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(_without_checkpoints, "There is no checkpoint", id="no checkpoints"),
        pytest.param(_without_data, "data-00000-of-00001 is missing", id="missing data file"),
    ],
)
def test_a_run_that_cannot_be_swept_is_refused(
    trained: EstimatorRun, sweep: Sweep, tmp_path: Path, damage: object, message: str
) -> None:
    damaged = EstimatorRun(trained.estimator, tmp_path / "run", trained.export)
    shutil.copytree(trained.model_run, damaged.model_run)
    damage(damaged)  # type: ignore[operator]
    with pytest.raises(CheckpointError, match=message):
        sweep(damaged)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        pytest.param(
            {"selection": Selection("accuracy").to_json()},
            SelectionError,
            r"does not compute 'accuracy'.*auc, binary_crossentropy, example_count",
            id="metric",
        ),
        pytest.param(
            {
                "selection": Selection(
                    "auc", {"payment_type": "Gold"}, Direction.HIGHER_IS_BETTER
                ).to_json()
            },
            SelectionError,
            "no result for auc on payment_type=Gold. Its slices are: overall, payment_type=Cash",
            id="slice",
        ),
        pytest.param(
            {"example_splits": '["eval", "holdout"]'},
            ExamplesError,
            "no split 'holdout' .* there are: eval, test",
            id="split",
        ),
        pytest.param({"first_step": 999}, CheckpointError, "Widen the step range", id="steps"),
        pytest.param({"engine": "warp"}, ValueError, "no engine 'warp'", id="engine"),
    ],
)
def test_bad_parameters_are_refused(
    trained: EstimatorRun, sweep: Sweep, parameters: dict, error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        sweep(trained, **parameters)


def test_small_batches_and_several_passes_give_the_same_verdicts(
    trained: EstimatorRun, sweep: Sweep, usual: Swept, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        # A budget below the weights of one model: each has a pass of its own.
        frugal = sweep(trained, batch_size=7.0, memory_budget=1.0)
    assert f"in {len(STEPS)} passes" in caplog.text
    assert frugal.verdicts["chosen"] == usual.verdicts["chosen"]
    values = [[c["value"] for c in s.verdicts["checkpoints"]] for s in (frugal, usual)]
    assert values[0] == pytest.approx(values[1], rel=1e-6)


def test_a_split_beside_is_evaluated_apart_and_its_threshold_decides(
    trained: EstimatorRun, sweep: Sweep
) -> None:
    missed = SplitThreshold("test", "auc", lower=2.0)
    swept = sweep(
        trained,
        example_splits='["eval"]',
        other_splits='["test"]',
        split_thresholds=to_json([missed]),
        first_step=60,
    )
    evaluation = Path(swept.evaluation.uri)
    for folder, count in ((evaluation, 200), (evaluation / "splits" / "test", 100)):
        assert tfma_metrics.overall(folder / "step-00000060")["example_count"] == count
    (verdict,) = swept.verdicts["checkpoints"]
    assert not verdict["eligible"]
    assert re.fullmatch(r"test: auc 0\.\d+ is below the threshold 2", verdict["reason"])
    with (evaluation / "metrics.csv").open() as file:
        counts = {
            row["split"]: float(row["value"])
            for row in csv.DictReader(file)
            if (row["metric"], row["slice"]) == ("example_count", "overall")
        }
    assert counts == {"eval": 200, "test": 100}
