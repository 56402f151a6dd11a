"""What the study asks of real checkpoints, on outputs as `predictions` writes them."""

from pathlib import Path

import numpy as np
import pytest
import typer

from benchmarks.study import __main__ as command
from benchmarks.study import real_runs
from benchmarks.study.summary import summarize

_EXAMPLES, _CHECKPOINTS = 600, 4


def _write(path: Path, label: np.ndarray, output: np.ndarray) -> Path:
    np.savez(path, label=label, output=output, step=np.arange(_CHECKPOINTS))
    return path


def _taxi(path: Path) -> Path:
    rng = np.random.default_rng(0)
    label = (rng.random(_EXAMPLES) < 0.3).astype(float)
    odds = 2 * label - 1 + rng.normal(size=(_CHECKPOINTS, _EXAMPLES))
    return _write(path, label, 1 / (1 + np.exp(-odds)))


def _fares(path: Path) -> Path:
    rng = np.random.default_rng(0)
    label = rng.gamma(2.0, 5.0, _EXAMPLES)
    return _write(path, label, label + rng.normal(size=(_CHECKPOINTS, _EXAMPLES)))


def _digits(path: Path) -> Path:
    rng = np.random.default_rng(0)
    label = rng.integers(0, 10, _EXAMPLES).astype(float)
    odds = rng.normal(size=(_CHECKPOINTS, _EXAMPLES, 10)) + 3 * np.eye(10)[label.astype(int)]
    return _write(path, label, np.exp(odds) / np.exp(odds).sum(axis=2, keepdims=True))


@pytest.mark.parametrize(
    ("name", "write", "metrics"),
    [
        ("taxi", _taxi, ["auc", "accuracy", "mean loss", "f1"]),
        ("fares", _fares, ["mean absolute error", "mean squared error"]),
        ("digits", _digits, ["mean loss", "accuracy"]),
    ],
)
def test_each_metric_of_a_run_is_resampled(
    name: str, write, metrics: list[str], tmp_path: Path
) -> None:
    run_metrics = real_runs.run_metrics(name, write(tmp_path / "outputs.npz"))
    assert [run_metric.metric for run_metric in run_metrics] == metrics
    for run_metric in run_metrics:
        answer = real_runs.resample(run_metric, 5, seed=1)
        found = summarize(answer.trials, answer.unit)
        assert (found.trials, answer.truth.shape) == (5, (_CHECKPOINTS,))
        assert 1 <= found.set_size <= _CHECKPOINTS
        assert found.regret["BestValue"] >= 0


def test_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    run_metric = real_runs.run_metrics("taxi", _taxi(tmp_path / "outputs.npz"))[1]
    assert (
        real_runs.resample(run_metric, 5, 1).trials == real_runs.resample(run_metric, 5, 1).trials
    )


@pytest.mark.parametrize("entry", ["taxi", "taxi=", "other=runs/other"])
def test_an_unknown_run_is_refused(entry: str, tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="say taxi=FOLDER"):
        command.main(20, 1, [entry], tmp_path)
