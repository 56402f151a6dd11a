"""The whole benchmark on a small run of the pipeline: the command, and every contender."""

import importlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks.common.prepared_data import PreparedData
from benchmarks.common.timing_events import TimingLog, split_time
from benchmarks.engine import __main__ as engine_command
from benchmarks.engine import plan as plan_lib
from benchmarks.engine.__main__ import app
from benchmarks.engine.cases import (
    BARE_SESSION_RUN,
    CONTENDERS,
    ENGINE,
    ENGINE_WITHOUT_FOLDS,
    ESTIMATOR_EVALUATE,
    KERAS_EVALUATE,
    TFMA_ALL_MODELS,
    TFMA_NEWEST_STACK,
    TFMA_PER_CHECKPOINT,
    Case,
    CaseOutcome,
)
from tests.support import warm_pipeline
from tests.support.pipeline_run import PipelineRun

pytestmark = pytest.mark.slow
EXAMPLES, CHECKPOINTS = 200, 2


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def command(out: Path, taxi_run: PipelineRun) -> Result:
    """`python -m benchmarks.engine` on a finished run, with one case, which has a new interpreter.

    The process that prepares the data is forked from one that has imported.
    """

    def prepare(module: str, arguments: list[str], log: Path, described: str) -> None:
        done = warm_pipeline.run(module, *arguments)
        assert done.returncode == 0, (described, done.stderr[-3000:])

    case = Case(BARE_SESSION_RUN, EXAMPLES, CHECKPOINTS)
    sizes = plan_lib.BenchmarkSizes(*[EXAMPLES] * 3, *[CHECKPOINTS] * 3)
    tiny = plan_lib.BenchmarkPlan(sizes, {case: 1}, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_lib, "smoke", lambda: tiny)
        patch.setattr(engine_command, "run_module", prepare)
        options = ["--smoke", "--run", str(taxi_run.kept), "--out", str(out)]
        return CliRunner().invoke(app(), options)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, CaseOutcome]:
    """What each contender has computed, for comparison."""
    return {}


def test_the_command_measures_and_writes(command: Result, out: Path):
    assert command.exit_code == 0, command.output
    assert "1 of 1 bare_session_run" in command.output
    written = json.loads((out / "partial.json").read_text())
    assert written["complete"] is True
    (measured,) = written["measurements"]
    assert measured["outcome"]["examples"] == EXAMPLES
    assert measured["whole"] >= measured["start_up"] > 0
    assert not (out / "bench.json").exists()


# The newest stack is another Python's; its code is that of a run per checkpoint.
@pytest.mark.parametrize("contender", sorted({*CONTENDERS} - {TFMA_NEWEST_STACK}))
def test_every_contender_evaluates_all_examples(contender, command, out, outcomes, tmp_path):
    del command
    events = TimingLog(str(tmp_path / "events"))
    module = importlib.import_module(f"benchmarks.engine.contenders.{contender}")
    case = Case(contender, EXAMPLES, CHECKPOINTS)
    outcomes[contender] = module.run(
        PreparedData(out / "data"), case, str(tmp_path / "out"), events
    )()
    assert outcomes[contender].examples in (EXAMPLES, None)
    divided = split_time(events.read())
    assert divided.whole == pytest.approx(divided.start_up + divided.steady + divided.finish)


@pytest.mark.parametrize("contender", [TFMA_PER_CHECKPOINT, TFMA_ALL_MODELS, ENGINE_WITHOUT_FOLDS])
def test_the_engine_computes_what_tfma_does(contender, outcomes):
    assert outcomes[ENGINE].auc == pytest.approx(outcomes[contender].auc, rel=1e-6)


def test_the_keras_model_has_the_weights_of_the_checkpoint(outcomes):
    # Of 200 thresholds, and interpolated by another rule.
    assert outcomes[KERAS_EVALUATE].auc == pytest.approx(outcomes[ESTIMATOR_EVALUATE].auc, abs=2e-3)
