"""The JSON, and the tables on a terminal."""

import datetime
import io
import json
from pathlib import Path

from rich.console import Console

from benchmarks.engine import plan as plan_lib
from benchmarks.engine import record, table
from benchmarks.engine.figures import figures
from benchmarks.engine.ratios import ratios
from tests.benchmarks.engine.measurements import measurement

PLAN = plan_lib.full()
KEYS = {
    "engine_vs_tfma_multi_model_k20",
    "engine_vs_estimator_evaluate_k20",
    "engine_k20_vs_tfma_single_k1",
    "steady_state_vs_bare_session_run",
    "marginal_checkpoint",
    "memory_growth_20x_data",
}


def state(measured: dict, failures: tuple = ()) -> record.Record:
    started = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
    return record.Record(PLAN, "full", Path("runs/x"), started, measured, failures, 0.5)


def everything() -> dict:
    return {
        case: [measurement(float(case.examples))] * count for case, count in PLAN.repeats.items()
    }


def test_a_complete_benchmark_is_written_with_all_ratios(tmp_path):
    path = tmp_path / "out" / "bench.json"
    record.write(state(everything()), path)
    written = json.loads(path.read_text())
    assert written["complete"] is True
    assert set(written["ratios"]) >= KEYS
    assert all(isinstance(value, float) for value in written["ratios"].values())
    assert {target["name"] for target in written["targets"]} == set(written["ratios"])
    assert len(written["measurements"]) == sum(PLAN.repeats.values())
    scaled = [figure for figure in written["figures"] if figure["scaled"]]
    assert len(scaled) == len(PLAN.scaled)
    assert written["machine"]["cores"] >= 1
    assert written["machine"]["versions"]["tensorflow"].startswith("2.")
    assert [entry.name for entry in path.parent.iterdir()] == ["bench.json"]


def test_a_record_with_a_failure_keeps_the_other_measurements(tmp_path):
    case = next(iter(PLAN.repeats))
    path = tmp_path / "bench.json"
    record.write(state({case: [measurement(1.0)]}, ("engine failed; its log is x.",)), path)
    written = json.loads(path.read_text())
    assert written["complete"] is False
    assert written["failures"] == ["engine failed; its log is x."]
    assert len(written["measurements"]) == 1
    assert written["ratios"]["marginal_checkpoint"] is None


def test_tables_mark_scaled_figures_and_unknown_targets():
    console = Console(width=80, record=True, file=io.StringIO())
    measured = {
        case: [measurement(case.examples / 7000)] * count for case, count in PLAN.repeats.items()
    }
    found = figures(PLAN, measured)
    console.print(table.figures_table(found.values()))
    console.print(table.ratios_table(ratios(PLAN, {})))
    console.print(table.start_up_table(next(iter(found)), {"load": 1.234}))
    text = console.export_text()
    assert text.count("scaled") == len(PLAN.scaled)
    assert text.count("unknown") == len(ratios(PLAN, {}))
    assert "tfma_per_checkpoint" in text
    assert "1.23" in text
