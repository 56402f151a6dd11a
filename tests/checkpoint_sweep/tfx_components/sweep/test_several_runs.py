"""The component on several runs: artifacts of several Trainers."""

from pathlib import Path

import pytest

from checkpoint_sweep.report.sweep_result import read_sweep
from tests.checkpoint_sweep.tfx_components.sweep.conftest import Sweep
from tests.support.estimator_run import STEPS, EstimatorRun


@pytest.mark.slow
@pytest.mark.usefixtures("usual_node")
def test_artifacts_of_several_trainers_are_one_sweep(
    trained: EstimatorRun, other_seed: EstimatorRun, sweep: Sweep, evaluated: list[str]
) -> None:
    swept = sweep(trained, more=[other_seed], execution=2)
    found = read_sweep(swept.evaluation.uri, swept.blessing.uri)
    names = {verdict.run for verdict in found.verdicts}
    assert len(found.verdicts) == 2 * len(STEPS)
    # What the execution before has evaluated, of one run, is reused.
    (new,) = {name.rpartition("-step-")[0] for name in evaluated}
    assert len(evaluated) == len(STEPS)
    assert new in names
    winner = found.decision.winner if found.decision else None
    assert winner is not None
    for artifact in (swept.model, swept.blessing):
        assert artifact.get_string_custom_property("checkpoint_run") == winner.run
        assert artifact.get_int_custom_property("checkpoint_step") == winner.step
    assert Path(swept.model.uri, "Format-Serving", "saved_model.pb").exists()
    runs = {run["name"]: run["model_run"] for run in found.report.made["runs"]}
    assert set(runs.values()) == {str(trained.model_run), str(other_seed.model_run)}
