"""The digits, with either network, through the whole pipeline on a small sample."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import typer
from typer.testing import CliRunner

from benchmarks.resnet import __main__ as command
from checkpoint_sweep.saved_model.model_source import VARIABLES
from pipeline.problems.digits import data, network
from tests.support import pipeline_run, tfrecords, warm_pipeline
from tests.support.tensor_bundles import read_bundle

pytestmark = pytest.mark.slow


def _run(
    problem: str,
    directory: Path,
    examples: int,
    steps: int,
    every: int,
    command: Sequence[str] = ("pipeline",),
) -> dict:
    """The summary of a run on the first examples."""
    folder = directory / "data"
    folder.mkdir()
    tfrecords.write(folder / "some.tfrecord.gz", data.examples(examples), "GZIP")
    options = f"--steps={steps}", f"--checkpoint-steps={every}"
    return pipeline_run.run(problem, directory / "root", folder, *options, command=command).summary


def _averages(root: Path, step: int) -> dict[str, np.ndarray]:
    (run,) = (root / "Trainer" / "model_run").iterdir()
    checkpoint = read_bundle(str(run / f"model.ckpt-{step}"))
    suffix = "/ExponentialMovingAverage"
    return {k.removesuffix(suffix): v for k, v in checkpoint.items() if k.endswith(suffix)}


def test_the_averages_of_the_best_checkpoint_are_pushed(tmp_path: Path) -> None:
    summary = _run("digits", tmp_path, examples=600, steps=200, every=100)
    assert summary["anomalies"] == []
    assert [c["step"] for c in summary["checkpoints"]] == [100, 200]
    loss = {c["step"]: c["value"] for c in summary["checkpoints"] if c["eligible"]}
    assert summary["sweep"]["chosen_step"] == min(loss, key=loss.__getitem__)
    assert summary["sweep"]["blessed"]
    assert summary["evaluator"]["blessed"]
    pushed = read_bundle(str(Path(summary["pushed_model"]) / VARIABLES))
    assert pushed.pop("global_step") == summary["sweep"]["chosen_step"]
    averages = _averages(tmp_path / "root", summary["sweep"]["chosen_step"])
    assert set(pushed) == set(averages)
    assert all(np.array_equal(pushed[name], averages[name]) for name in pushed)


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    directory = tmp_path_factory.mktemp("resnet")
    small = ("tests.support.small_resnets", "pipeline")
    summary = _run("digits_resnet", directory, examples=80, steps=2, every=1, command=small)
    return directory / "root", summary


def test_the_resnet_has_fifty_layers() -> None:
    """Elsewhere in these tests it is small."""
    with tf.Graph().as_default() as graph:
        network.get(network.RESNET)(tf.zeros([1, 8, 8, 1]), False)
        names = [v.op.name for v in tf.compat.v1.trainable_variables()]
    del graph
    layers = [n for n in names if n.endswith("/weights") and "/shortcut/" not in n]
    assert len(layers) == 50


def test_an_undertrained_resnet_is_swept_and_not_pushed(resnet: tuple[Path, dict]) -> None:
    _, summary = resnet
    assert [c["step"] for c in summary["checkpoints"]] == [1, 2]
    assert all(np.isfinite(c["value"]) for c in summary["checkpoints"])
    assert not summary["sweep"]["blessed"]
    assert summary["pushed_model"] is None


def test_all_contenders_of_the_resnet_benchmark_find_the_same_accuracy(
    resnet: tuple[Path, dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is a process of its own, here forked from one that has imported."""

    def run_module(module: str, arguments: list[str], log: Path, described: str) -> None:
        done = warm_pipeline.run("tests.support.small_resnets", module, *arguments)
        assert done.returncode == 0, (described, done.stderr[-3000:])

    root, _ = resnet
    monkeypatch.setattr(command, "run_module", run_module)
    app = typer.Typer()
    app.command()(command.main)
    options = ["--examples=90", "--checkpoints=2", "--batch-size=50"]
    (tmp_path / "resnet").mkdir()
    done = CliRunner().invoke(app, [f"--run={root}", f"--out={tmp_path}", *options])
    assert done.exit_code == 0, done.output[-3000:]
    measured = json.loads((tmp_path / "resnet.json").read_text())["measurements"]
    accuracies = {way: runs[0]["accuracy"] for way, runs in measured.items()}
    assert set(accuracies) == {"engine", "bare_session_run", "slim_evaluate_once"}
    assert list(accuracies.values()) == pytest.approx([accuracies["engine"]] * 3, abs=1e-6)
