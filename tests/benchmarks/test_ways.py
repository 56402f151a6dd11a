"""The whole benchmark on a tiny run of the pipeline: the command, and every way."""

import importlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks import plan as plan_lib
from benchmarks.__main__ import app
from benchmarks.cases import (
    BARE_SESSION_RUN,
    ENGINE,
    TFMA_ALL_MODELS,
    TFMA_PER_CHECKPOINT,
    WAYS,
    Case,
    Outcome,
)
from benchmarks.problem import Problem
from benchmarks.runner import run_module
from benchmarks.stamps import Stamps, split
from tests.support import taxi_examples

pytestmark = pytest.mark.slow
EXAMPLES, CHECKPOINTS = 200, 2


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def command(out: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """`python -m benchmarks` on a run of its own making, with one case."""
    directory = tmp_path_factory.mktemp("pipeline")
    (directory / "data").mkdir()
    taxi_examples.write_csv(directory / "data" / "data.csv", 600)
    arguments = [f"--root={directory / 'run'}", f"--data={directory / 'data'}"]
    arguments += ["--steps=20", "--checkpoint-steps=10"]
    run_module("pipeline", arguments, directory / "log", "the pipeline")
    case = Case(BARE_SESSION_RUN, EXAMPLES, CHECKPOINTS)
    tiny = plan_lib.Plan(EXAMPLES, EXAMPLES, CHECKPOINTS, {case: 1}, [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_lib, "smoke", lambda: tiny)
        return CliRunner().invoke(
            app(), ["--smoke", "--run", str(directory / "run"), "--out", str(out)]
        )


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """What each way has computed, for comparison."""
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


@pytest.mark.parametrize("way", WAYS)
def test_every_way_evaluates_all_examples(way, command, out, outcomes, tmp_path):
    del command
    stamps = Stamps(str(tmp_path / "stamps"))
    module = importlib.import_module(f"benchmarks.ways.{way}")
    case = Case(way, EXAMPLES, CHECKPOINTS)
    outcomes[way] = module.run(Problem(out / "data"), case, str(tmp_path / "out"), stamps)()
    assert outcomes[way].examples in (EXAMPLES, None)
    divided = split(stamps.read())
    assert divided.whole == pytest.approx(divided.start_up + divided.steady + divided.finish)


@pytest.mark.parametrize("way", [TFMA_PER_CHECKPOINT, TFMA_ALL_MODELS])
def test_the_engine_computes_what_tfma_does(way, outcomes):
    assert outcomes[ENGINE].auc == pytest.approx(outcomes[way].auc, rel=1e-6)
