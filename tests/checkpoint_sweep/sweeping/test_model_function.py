"""Sweeps that compute, and choose by, the metrics of the model function."""

import itertools
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import tensorflow as tf

from checkpoint_sweep import (
    Averages,
    Direction,
    Selection,
    SplitThreshold,
    StepRange,
    ThresholdMode,
    sweep,
)
from checkpoint_sweep.evaluation.model_function import compute, engine
from checkpoint_sweep.report.sweep_result import SweepResult
from tests.checkpoint_sweep.sweeping.conftest import Files
from tests.support import eval_exports
from tests.support.estimator_run import STEPS, EstimatorRun

# A threshold has the standard error of TFMA's accuracy estimated too.
CONFIG = """
model_specs { label_key: "big_tipper" }
slicing_specs {}
slicing_specs { feature_keys: "payment_type" }
metrics_specs {
  metrics { class_name: "AUC" }
  metrics { class_name: "BinaryAccuracy" per_slice_thresholds {
    slicing_specs {} threshold { value_threshold { lower_bound { value: 0.1 } } } } }
}
"""


def _by(metric: str) -> Selection:
    return Selection(metric, direction=Direction.HIGHER_IS_BETTER)


@pytest.fixture
def own(files: Files, eval_model: Path) -> Files:
    """Files with an export that has an eval graph."""
    files.config.write_text(CONFIG)
    shutil.rmtree(files.model)
    shutil.copytree(eval_model, files.model)
    return files


def _sweep(own: Files, metric: str = "model_fn/accuracy", **options: Any) -> SweepResult:
    given = {"select": _by(metric), "eval_model": str(own.model)} | options
    return sweep(str(own.run), str(own.model), own.options(**given))


def _overall(result: SweepResult) -> pd.DataFrame:
    table = result.to_pandas()
    return table[table["slice"] == "overall"].set_index(["candidate", "metric"])


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the candidates whose metrics were added to results, in order."""
    names: list[str] = []
    added = engine.add_to_results

    def record(directory: str, *arguments: Any) -> None:
        added(directory, *arguments)
        names.append(Path(directory).name)

    monkeypatch.setattr(engine, "add_to_results", record)
    return names


@pytest.mark.slow
def test_a_choice_by_a_metric_of_the_model_function(
    own: Files, trained: EstimatorRun, examples: list[bytes], computed: list[str]
) -> None:
    """Its standard error is that of TFMA's metric of the same meaning, by the same folds."""
    result = _sweep(own)
    table = _overall(result)
    checkpoint = str(own.run / "model.ckpt-20")
    expected = eval_exports.evaluated(trained.estimator, checkpoint, examples[:200], 1000)
    values = {m: table.loc[("step-00000020", f"model_fn/{m}"), "value"] for m in expected}
    assert values == pytest.approx(expected, rel=1e-6)
    for step in STEPS:
        name = f"step-{step:08d}"
        ours, tfmas = (table.loc[(name, m)] for m in ("model_fn/accuracy", "binary_accuracy"))
        assert ours["standard_error"] == pytest.approx(tfmas["standard_error"], rel=1e-4)
    best = max(
        STEPS, key=lambda step: table.loc[(f"step-{step:08d}", "model_fn/accuracy"), "value"]
    )
    assert result.chosen == f"step-{best:08d}"
    _sweep(own)
    assert len(computed) == len(STEPS)  # The second sweep has reused them.


@pytest.mark.slow
def test_what_was_computed_before_an_interruption_is_reused(
    own: Files, computed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(engine, "compute", _interrupted_at(2))
        with pytest.raises(KeyboardInterrupt):
            # Each candidate is a group of its own.
            _sweep(own, memory_budget=1, steps=StepRange(first=40))
    before = computed.copy()
    result = _sweep(own, steps=StepRange(first=40))
    assert len(before) == 1
    assert computed[1:] == [v.name for v in result.verdicts if v.name not in before]
    assert all(verdict.value is not None for verdict in result.verdicts)


def _interrupted_at(group: int) -> Callable[..., Any]:
    calls: list[int] = []

    def interrupted(*arguments: Any) -> Any:
        calls.append(len(calls))
        if len(calls) > group:  # The first call tries the graph out.
            raise KeyboardInterrupt
        return compute.compute(*arguments)

    return interrupted


@pytest.mark.slow
def test_a_checkpoint_on_which_the_graph_fails_is_skipped_with_the_reason(
    own: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = compute.EvalModel.update
    # Two try the graph out; of the candidates, the first fails. The next sweep, in which that is
    # the only one to evaluate, fails with it from the start.
    for failing in ({3}, {1, 3}):
        calls = itertools.count(1)

        def fail(
            model: compute.EvalModel,
            examples: Any,
            failing: set[int] = failing,
            calls: Iterator[int] = calls,
        ) -> float | None:
            if next(calls) in failing:
                raise tf.errors.InvalidArgumentError(None, None, "assertion failed: [predictions]")
            return update(model, examples)

        monkeypatch.setattr(compute.EvalModel, "update", fail)
        result = _sweep(own, steps=StepRange(first=40))
        reasons = {verdict.step: verdict.reason for verdict in result.verdicts}
        assert "its eval graph fails: assertion failed: [predictions]" in reasons[40]
        assert result.chosen is not None


@pytest.mark.slow
def test_a_threshold_on_a_metric_of_the_model_function_is_met_by_its_bound(own: Files) -> None:
    limits = (0.01, 0.9999)
    result = _sweep(
        own,
        select=Selection(
            "auc",
            direction=Direction.HIGHER_IS_BETTER,
            threshold_mode=ThresholdMode.CONFIDENT,
        ),
        split_thresholds=[SplitThreshold("eval", "model_fn/accuracy", limit) for limit in limits],
        steps=StepRange(first=60),
    )
    ((missed,),) = [verdict.missed for verdict in result.verdicts]
    assert re.fullmatch(r"eval: model_fn/accuracy .+ is below the threshold 0.9999", missed)


@pytest.mark.slow
def test_the_name_alone_is_that_of_the_evaluation_config(
    own: Files, trained: EstimatorRun, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """The eval graph may lie in a folder of its own, among an Estimator's exports."""
    eval_exports.for_tfma(trained.estimator, tmp_path / "exports")
    with caplog.at_level(logging.WARNING):
        result = _sweep(own, "auc", eval_model=str(tmp_path / "exports"), steps=StepRange(first=60))
    assert str(result.selection.metric_name) == "auc"
    assert "auc is the metric of the evaluation config; the model function's is model_fn/auc." in (
        caplog.text
    )
    assert "model_fn/precision_at_1" in _overall(result).index.get_level_values("metric")


@pytest.mark.slow
def test_a_formula_of_both_on_an_average(own: Files) -> None:
    formula = "0.5 * auc + 0.5 * 'model_fn/precision_at_1'"
    result = _sweep(
        own,
        formula,
        averages=Averages(last=(2,)),
        steps=StepRange(first=40),
        baseline=str(own.model),
    )
    table = _overall(result)
    (average,) = [verdict for verdict in result.verdicts if verdict.is_average]
    parts = [table.loc[(average.name, m), "value"] for m in ("auc", "model_fn/precision_at_1")]
    assert average.value == pytest.approx(sum(parts) / 2)
    assert average.standard_error is not None
    # The baseline is the export of the last step.
    last = table.loc[("step-00000060", "model_fn/precision_at_1")]
    assert last["baseline"] == last["value"]
    assert last["change_standard_error"] == 0
