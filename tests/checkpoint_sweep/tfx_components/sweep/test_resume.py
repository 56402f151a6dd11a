"""What an earlier execution of the node has evaluated is not evaluated again."""

import shutil
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_model_analysis as tfma

from checkpoint_sweep.evaluation.fused import engine as fused_engine
from checkpoint_sweep.evaluation.results.ledger import read_ledger
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.checkpoint_sweep.tfx_components.sweep.conftest import Sweep, Swept
from tests.support import tfx_artifacts
from tests.support.estimator_run import EstimatorRun
from tests.support.tensor_bundles import read_bundle, write_bundle

# Sweeps by the dozen.
pytestmark = pytest.mark.slow

METRIC = """
import dataclasses

import numpy as np
from tensorflow_model_analysis.metrics import metric_types

from checkpoint_sweep.metrics.batch_metric import BatchMetric, Formula


@dataclasses.dataclass(frozen=True)
class _Constant(Formula):
    fields = ("weight",)

    def terms(self, label, prediction, weight):
        return (weight,)

    def value(self, buckets, totals):
        return VALUE


class Constant(BatchMetric):
    def __init__(self, name="constant"):
        super().__init__(_Constant(), name)
"""


def _run(trained: EstimatorRun, folder: Path, last: int = 60) -> types.SimpleNamespace:
    """A copy of the run without the checkpoints after `last`; the export stays."""
    model_run = folder / f"run-{last}"
    shutil.copytree(trained.model_run, model_run)
    for path in model_run.glob("model.ckpt-*"):
        if int(path.name.split("-")[1].split(".")[0]) > last:
            path.unlink()
    return types.SimpleNamespace(model_run=model_run, export=trained.export)


def _same(first: Swept, second: Swept) -> bool:
    verdicts = first.verdicts == second.verdicts
    folders = [Path(swept.evaluation.uri) for swept in (first, second)]
    names = [sorted(path.parent.name for path in f.glob("*/predictions.json")) for f in folders]
    assert names[0] == names[1]
    differences = [
        text
        for name in names[0]
        for text in tfma_oracle.differences(
            *(tfma_oracle.load(str(folder / name)) for folder in folders)
        )
    ]
    return verdicts and not differences


def test_a_second_sweep_evaluates_nothing_and_has_the_same_verdicts(
    trained: EstimatorRun, sweep: Sweep, evaluated: list[str], usual: Swept, usual_node: Path
) -> None:
    assert not any(entry.reused for entry in read_ledger(str(usual_node / "evaluation" / "1")))
    second = sweep(trained, execution=2)
    assert evaluated == []
    assert _same(usual, second)
    assert [entry.reused for entry in read_ledger(second.evaluation.uri)] == [True] * 4


def test_a_run_that_has_grown_costs_its_new_checkpoints(
    trained: EstimatorRun, sweep: Sweep, evaluated: list[str], usual: Swept, tmp_path: Path
) -> None:
    # The export is of step 60, so the copy keeps it and loses step 40.
    short = _run(trained, tmp_path)
    for path in short.model_run.glob("model.ckpt-40*"):
        path.unlink()
    sweep(short, execution=1)
    assert evaluated == ["step-00000000", "step-00000020", "step-00000060"]
    evaluated.clear()
    grown = sweep(_run(trained, tmp_path / "grown"), execution=2)
    assert evaluated == ["step-00000040"]
    assert _same(usual, grown)
    config = tfma.load_eval_result(f"{grown.evaluation.uri}/step-00000020")
    assert "grown" in config.model_location


def test_results_before_a_failure_are_kept(
    trained: EstimatorRun,
    sweep: Sweep,
    evaluated: list[str],
    usual: Swept,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = fused_engine.EvaluateModels

    def fail_at_the_third(candidates: Any, *args: Any, **options: Any) -> Any:
        if len(evaluated) == 2:
            raise RuntimeError("the machine is on fire")
        return counted(candidates, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(fused_engine, "EvaluateModels", fail_at_the_third)
        with pytest.raises(RuntimeError, match="on fire"):
            sweep(trained, execution=1, memory_budget=1)
    evaluated.clear()
    second = sweep(trained, execution=2)
    assert evaluated == ["step-00000040", "step-00000060"]
    assert _same(usual, second)


def _other_threshold(trained: EstimatorRun, sweep: Sweep, tmp_path: Path) -> Swept:
    return sweep(trained, floor=0.2, execution=2)


def _other_examples(trained: EstimatorRun, sweep: Sweep, tmp_path: Path) -> Swept:
    return sweep(trained, example_splits='["test"]', execution=2)


def _other_engine(trained: EstimatorRun, sweep: Sweep, tmp_path: Path) -> Swept:
    return sweep(trained, engine="tfma", execution=2, last_step=0)


def _other_weights(trained: EstimatorRun, sweep: Sweep, tmp_path: Path) -> Swept:
    """Step 20 is written again with other weights, as a restarted training does."""
    run = _run(trained, tmp_path / "restarted")
    prefix = str(run.model_run / "model.ckpt-20")
    tensors = read_bundle(prefix)
    for path in run.model_run.glob("model.ckpt-20.*"):
        path.unlink()
    float32 = {key: t + np.float32(0.5) for key, t in tensors.items() if t.dtype == np.float32}
    write_bundle(prefix, tensors | float32)
    return sweep(run, execution=2)


@pytest.mark.usefixtures("usual_node")
@pytest.mark.parametrize(
    ("change", "reused"),
    [
        pytest.param(_other_threshold, 0, id="evaluation config"),
        pytest.param(_other_examples, 0, id="examples"),
        pytest.param(_other_engine, 0, id="engine"),
        pytest.param(_other_weights, 3, id="weights of one checkpoint"),
    ],
)
def test_a_change_of_what_is_evaluated_evaluates_again(
    change: Any, reused: int, trained: EstimatorRun, sweep: Sweep, tmp_path: Path
) -> None:
    second = change(trained, sweep, tmp_path)
    entries = read_ledger(second.evaluation.uri)
    assert sum(entry.reused for entry in entries) == reused
    assert all(entry.status == "evaluated" for entry in entries)


def test_an_edited_metric_is_computed_again(
    trained: EstimatorRun, sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "edited_metric.py"
    monkeypatch.syspath_prepend(tmp_path)
    config = (
        '{"modelSpecs": [{"labelKey": "big_tipper"}], "metricsSpecs": [{"metrics": '
        '[{"className": "AUC"}, {"className": "Constant", "module": "edited_metric"}]}]}'
    )
    values = []
    for execution, value in enumerate((0.25, 0.75), start=1):
        module.write_text(METRIC.replace("VALUE", str(value)))
        monkeypatch.delitem(__import__("sys").modules, "edited_metric", raising=False)
        swept = sweep(trained, eval_config=config, execution=execution)
        result = tfma.load_eval_result(f"{swept.evaluation.uri}/step-00000020")
        values.append(result.slicing_metrics[0][1][""][""]["constant"]["doubleValue"])
    assert values == [0.25, 0.75]


@pytest.mark.parametrize("name", ["metrics-00000-of-00001.tfrecord", "validations.tfrecord"])
def test_results_that_are_damaged_are_not_used(
    name: str,
    trained: EstimatorRun,
    sweep: Sweep,
    evaluated: list[str],
    usual: Swept,
    usual_node: Path,
) -> None:
    path = usual_node / "evaluation" / "1" / "step-00000020" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    second = sweep(trained, execution=2)
    assert evaluated == ["step-00000020"]
    assert _same(usual, second)


def test_examples_are_compared_by_content(
    trained: EstimatorRun, sweep: Sweep, examples: list[bytes], tmp_path: Path
) -> None:
    runs = []
    for execution, count in enumerate((100, 100, 99), start=1):
        artifact = tfx_artifacts.write_examples(
            tmp_path / f"examples-{execution}", {"eval": examples[:count]}
        )
        swept = sweep(trained, examples=artifact, execution=execution)
        runs.append(sum(entry.reused for entry in read_ledger(swept.evaluation.uri)))
    assert runs == [0, 4, 0]
