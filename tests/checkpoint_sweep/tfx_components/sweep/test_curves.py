"""What TensorBoard reads of a sweep, and what happens when it cannot be written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_model_analysis as tfma
from tensorboard.backend.event_processing import event_accumulator, event_multiplexer
from tensorboard.util import tensor_util
from tfx.types import standard_artifacts

from checkpoint_sweep.common.names import OVERALL, SliceName
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.report.sweep_result import read_sweep
from checkpoint_sweep.report.tensorboard import folder
from checkpoint_sweep.selection.metric_traits import is_supported
from tests.checkpoint_sweep.tfx_components.sweep.conftest import Sweep, Swept, sweep_into
from tests.support import tfma_metrics
from tests.support.estimator_run import EstimatorRun

PLOTS = """
{"modelSpecs": [{"labelKey": "big_tipper"}],
 "slicingSpecs": [{}, {"featureKeys": ["payment_type"]}],
 "metricsSpecs": [{"metrics": [
   {"className": "ExampleCount"}, {"className": "Precision"},
   {"className": "AUC", "perSliceThresholds": [{"slicingSpecs": [{}],
    "threshold": {"valueThreshold": {"lowerBound": 0.1}}}]},
   {"className": "ConfusionMatrixPlot", "config": "\\"num_thresholds\\": 100"}]}]}
"""


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory: pytest.TempPathFactory,
    example_artifact: standard_artifacts.Examples,
    trained: EstimatorRun,
) -> Swept:
    """A sweep with plots and an average; do not write into it."""
    sweep = sweep_into(tmp_path_factory.mktemp("curves"), example_artifact)
    return sweep(trained, eval_config=PLOTS, averages=Averages(last=(2,)).to_json())


def _opened(root: Path) -> event_multiplexer.EventMultiplexer:
    everything = {event_accumulator.TENSORS: 0, event_accumulator.SCALARS: 0}
    opened = event_multiplexer.EventMultiplexer(size_guidance=everything)
    return opened.AddRunsFromDirectory(str(root)).Reload()


def _scalars(opened: Any, run: str) -> dict[tuple[int, str], float]:
    return {
        (event.step, tag): event.value
        for tag in opened.Runs()[run]["scalars"]
        for event in opened.Scalars(run, tag)
    }


def _expected(swept: Swept, key: tuple) -> dict[tuple[int, str], float]:
    """As TFMA reads it, in the 32 bits that TensorBoard has."""
    found = {}
    for verdict in swept.verdicts["checkpoints"]:
        if verdict["averaged"] is None:
            values = tfma_metrics.by_slice(f"{swept.evaluation.uri}/{verdict['name']}")[key]
            for name, value in values.items():
                found[verdict["step"], name] = float(np.float32(value))
    return found


def test_scalars_are_those_of_tfma_beside_the_trainers(swept: Swept, trained: EstimatorRun) -> None:
    result = read_sweep(swept.evaluation.uri, swept.blessing.uri)
    rarer_labels = result.rarer_labels
    assert rarer_labels[OVERALL] > 10
    folder.write_tensorboard(result, most_slices=50)
    curves = _opened(Path(swept.evaluation.uri))
    slices = {
        key
        for key, _ in tfma.load_eval_result(
            f"{swept.evaluation.uri}/{swept.verdicts['chosen']}"
        ).slicing_metrics
    }
    assert len(slices) > 2
    for key in slices:
        run = "tensorboard/" + (f"payment_type={key[0][1]}" if key else "overall")
        rarer_label = rarer_labels.get(SliceName.of(key))
        expected = {
            (step, name): value
            for (step, name), value in _expected(swept, key).items()
            if is_supported(name, value, rarer_label)
        }
        # A precision is not defined where nothing is predicted to be positive.
        assert len(expected) >= (1 if key else 2) * len({step for step, _ in expected})
        names = {name for _, name in expected}
        assert names >= ({"example_count"} if key else {"auc", "example_count", "precision"})
        assert _scalars(curves, run) == pytest.approx(expected, nan_ok=True, abs=0)
    assert len(curves.Runs()) == len(slices)

    training = _opened(trained.model_run)
    assert any("loss" in tags["scalars"] for tags in training.Runs().values())


def test_the_decision_is_text_at_the_chosen_step(swept: Swept) -> None:
    curves = _opened(Path(swept.evaluation.uri))
    (event,) = curves.Tensors("tensorboard/overall", "checkpoint_sweep/decision")
    text = tensor_util.make_ndarray(event.tensor_proto).item().decode()
    verdicts = swept.verdicts
    chosen = next(v for v in verdicts["checkpoints"] if v["name"] == verdicts["chosen"])
    assert event.step == chosen["step"]
    begin, table = text.split("\n\n")
    assert begin == f"**BLESSED**: {verdicts['reason']}"
    assert len(table.splitlines()) == 2 + len(verdicts["checkpoints"])
    assert f"| {chosen['step']}" in table.replace("step ", "")


def _plotted(swept: Swept, name: str) -> dict[str, Any]:
    """The matrix that TFMA's own plot has at a half: its histogram's, not `Precision`'s."""
    ((_, plots),) = [
        (key, plots)
        for key, plots in tfma.load_eval_result(f"{swept.evaluation.uri}/{name}").plots
        if not key
    ]
    matrices = plots[""][""]["confusionMatrixAtThresholds"]["matrices"]
    (found,) = [matrix for matrix in matrices if matrix.get("threshold") == 0.5]
    return found


def test_precision_and_recall_at_a_half_are_those_of_tfmas_plot(swept: Swept) -> None:
    curves = _opened(Path(swept.evaluation.uri))
    tag = "precision_recall/pr_curves"
    events = curves.Tensors("tensorboard/overall", tag)
    verdicts = [v for v in swept.verdicts["checkpoints"] if v["averaged"] is None]
    assert [event.step for event in events] == [v["step"] for v in verdicts]
    expected = _expected(swept, ())
    for event, verdict in zip(events, verdicts, strict=True):
        curve = tensor_util.make_ndarray(event.tensor_proto)
        assert curve.shape == (6, 101)
        assert (curve[:4].sum(axis=0) == expected[event.step, "example_count"]).all()
        plotted = _plotted(swept, verdict["name"])
        assert curve[0, 50] == plotted.get("truePositives", 0.0)
        assert curve[1, 50] == plotted.get("falsePositives", 0.0)
        if plotted.get("precision") not in (None, "NaN"):
            assert curve[4, 50] == pytest.approx(plotted.get("precision", 0.0), rel=1e-6)
            assert curve[5, 50] == pytest.approx(plotted.get("recall", 0.0), rel=1e-6)


@pytest.mark.usefixtures("usual_node")
def test_curves_that_cannot_be_written_are_a_warning(
    sweep: Sweep,
    trained: EstimatorRun,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(folder, "write_events", full)
    swept = sweep(trained, execution=2)

    assert swept.verdicts["blessed"]
    assert "curves for TensorBoard are not written: no space left" in caplog.text
    assert not [p for p in Path(swept.evaluation.uri).iterdir() if "tensorboard" in p.name]
