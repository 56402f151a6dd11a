"""What a sweep leaves out, and what it bears: the others are evaluated as if nothing had happened.

Each kind is met by the executor, beside the outputs of an earlier execution, which stay as they
are.
"""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from checkpoint_sweep.evaluation.results.ledger import LEDGER, read_ledger
from tests.checkpoint_sweep.tfx_components.sweep.cases import (
    FLOOR,
    Case,
    content,
    pipe,
)
from tests.checkpoint_sweep.tfx_components.sweep.conftest import Swept, sweep_into
from tests.checkpoint_sweep.tfx_components.sweep.left_out_kinds import EARLIER, KINDS, STEP
from tests.support import tfrecords
from tests.support.errors_document import documented, pattern
from tests.support.estimator_run import EstimatorRun

_SECTION = "What it skips"


@pytest.fixture(scope="session")
def before(
    tmp_path_factory: pytest.TempPathFactory, example_artifact: object, trained: EstimatorRun
) -> Path:
    """The outputs of a node whose first execution swept the split `eval`; do not write into it."""
    directory = tmp_path_factory.mktemp("before")
    sweep_into(directory, example_artifact)(trained, floor=FLOOR, execution=1)
    return directory / "node"


@pytest.fixture(scope="session")
def as_trained(before: Path) -> Mapping[int, float]:
    """By step, the values of the selection metric of the run as it was trained."""
    verdicts = json.loads((before / "blessing" / "1" / "verdicts.json").read_text())
    return {checkpoint["step"]: checkpoint["value"] for checkpoint in verdicts["checkpoints"]}


def test_the_documented_table_has_every_kind_and_no_other() -> None:
    assert set(documented(_SECTION)) == {kind.row for kind in KINDS.values() if kind.row}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", KINDS)
def test_a_checkpoint_is_left_out_for_the_documented_reason(
    when: str, case: Case, node: Path, as_trained: Mapping[int, float]
) -> None:
    earlier, kind = content(node), KINDS[when]
    kind.trigger(case)
    swept = case.run()
    verdicts = {verdict["step"]: verdict for verdict in swept.verdicts["checkpoints"]}
    assert sorted(verdicts) == sorted({*kind.steps, *kind.others})
    for step in kind.steps:
        reason = verdicts[step]["reason"]
        assert not verdicts[step]["eligible"]
        assert re.fullmatch(pattern(documented(_SECTION)[kind.row]), reason), reason
        assert len(reason) <= 1000
    values = as_trained if kind.values is None else kind.values
    for step in kind.others:
        assert verdicts[step]["eligible"], verdicts[step]
        if step in values:
            assert verdicts[step]["value"] == pytest.approx(values[step], abs=1e-6)
    _is_exported_and_blessed_as_chosen(swept)
    assert content(node) == earlier


def _is_exported_and_blessed_as_chosen(swept: Swept) -> None:
    """The best of the eligible is exported; without one nothing is, and nothing is blessed."""
    eligible = [c for c in swept.verdicts["checkpoints"] if c["eligible"]]
    chosen = swept.verdicts["chosen"]
    assert (chosen in [c["name"] for c in eligible]) if eligible else chosen is None
    exported = (Path(swept.model.uri) / "Format-Serving" / "saved_model.pb").exists()
    assert exported == (chosen is not None)
    blessed = swept.verdicts["blessed"]
    assert swept.files == {"BLESSED" if blessed else "NOT_BLESSED", "verdicts.json"}
    assert blessed <= exported


def _ledger(change: object) -> object:
    """Damage to a ledger's entries."""

    def damage(evaluation: Path) -> None:
        path = evaluation / LEDGER
        fields = json.loads(path.read_text())["checkpoints"]
        path.write_text(json.dumps({"checkpoints": change(fields)}))

    return damage


def _other_records(evaluation: Path) -> None:
    path = evaluation / STEP / "metrics-00000-of-00001.tfrecord"
    tfrecords.write(path, [b"these are no metrics"])


def _folder(evaluation: Path) -> None:
    (evaluation / LEDGER).unlink()
    (evaluation / LEDGER).mkdir()


_EARLIER = EARLIER | {
    "the ledger is empty": (lambda e: (e / LEDGER).write_bytes(b""), 0),
    "the ledger is garbage": (lambda e: (e / LEDGER).write_bytes(b"\xff" * 99), 0),
    "the ledger is cut in half": (
        lambda e: (e / LEDGER).write_text((e / LEDGER).read_text()[:300]),
        0,
    ),
    "the ledger is a list": (lambda e: (e / LEDGER).write_text("[]"), 0),
    "the ledger is nothing": (lambda e: (e / LEDGER).write_text("null"), 0),
    "the ledger is a folder": (_folder, 0),
    "the ledger is a pipe": (lambda e: pipe(e / LEDGER), 0),
    "the ledger has gone": (lambda e: (e / LEDGER).unlink(), 0),
    "the ledger is of a version with another field": (
        _ledger(lambda entries: [entry | {"colour": "red"} for entry in entries]),
        0,
    ),
    "the ledger is of a version without digests": (
        _ledger(lambda all_: [{k: v for k, v in e.items() if k != "results"} for e in all_]),
        0,
    ),
    "the ledger has entries that are text": (_ledger(lambda entries: ["step-00000020"]), 0),
    "the ledger has other types": (
        _ledger(lambda entries: [entry | {"name": 3, "status": None} for entry in entries]),
        0,
    ),
    "the ledger names other folders": (
        _ledger(lambda entries: [entry | {"name": "../../elsewhere"} for entry in entries]),
        0,
    ),
    "the ledger says that they failed": (
        _ledger(lambda entries: [entry | {"status": "failed", "reason": "?"} for entry in entries]),
        0,
    ),
    "metrics are other records": (_other_records, 3),
    "a file of the results is a pipe": (lambda e: pipe(e / STEP / "validations.tfrecord"), 3),
    "predictions.json is of another version": (
        lambda e: (e / STEP / "predictions.json").write_text('{"total": 200}'),
        3,
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", _EARLIER)
def test_damaged_results_of_an_earlier_execution_are_evaluated_anew(
    when: str, case: Case, node: Path, before: Path, as_trained: Mapping[int, float]
) -> None:
    damage, reused = _EARLIER[when]
    shutil.rmtree(node)
    shutil.copytree(before, node)
    damage(node / "evaluation" / "1")
    earlier = content(node)
    swept = case.run()
    entries = read_ledger(swept.evaluation.uri)
    assert [entry.status for entry in entries] == ["evaluated"] * 4
    assert sum(entry.reused for entry in entries) == reused
    values = {verdict["step"]: verdict["value"] for verdict in swept.verdicts["checkpoints"]}
    assert values == as_trained
    assert swept.verdicts["blessed"]
    assert content(node) == earlier
