"""A run is pruned of what its sweep does not need, and of nothing else."""

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from typer.testing import CliRunner

from checkpoint_sweep import StepRange, plan_pruning, prune, sweep
from checkpoint_sweep.cli.app import make_app
from checkpoint_sweep.errors import BusyError, ChangedError, PruneError, UserError
from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.finished import read_result
from tests.checkpoint_sweep.selection import test_retention
from tests.checkpoint_sweep.sweeping.conftest import Files, files_in
from tests.support.errors_document import BESIDE, documented, pattern
from tests.support.estimator_run import EstimatorRun

_SWEPT = StepRange(first=20)


@pytest.fixture(scope="module")
def original(
    tmp_path_factory: pytest.TempPathFactory, trained: EstimatorRun, examples: list[bytes]
) -> Files:
    """A run of which a sweep has evaluated the steps 20, 40 and 60."""
    files = files_in(tmp_path_factory.mktemp("swept"), trained, examples)
    sweep(**files.arguments(steps=_SWEPT))
    return files


@pytest.fixture
def swept(original: Files, tmp_path: Path) -> Files:
    """A copy of it, with the times of its files."""
    shutil.copytree(original.run.parent, tmp_path / "copy", symlinks=True)
    copies = {name: tmp_path / "copy" / path.name for name, path in vars(original).items()}
    return Files(**copies)


def _plan(files: Files, *keep: str, **more: Any) -> Any:
    return plan_pruning(str(files.run), keep, sweep=str(files.output), **more)


def _steps(files: Files) -> list[int]:
    return [checkpoint.step for checkpoint in find_checkpoints(str(files.run))]


def test_what_nothing_needs_goes_and_a_later_sweep_reuses_the_rest(swept: Files) -> None:
    before = read_result(str(swept.output))
    plan = _plan(swept, "best:1,latest:1")
    kept = {checkpoint.step: list(checkpoint.kept_by) for checkpoint in plan.kept}
    assert kept[0] == ["not swept"]
    assert kept[60][-3:] == ["exported", "newest", "latest"]
    assert {"best:1", "chosen"} <= set(kept[before.step or 0])
    assert kept.keys() == {0, 60, before.step}
    sizes = {path: path.stat().st_size for path in swept.run.glob("model.ckpt-*")}
    assert _steps(swept) == [0, 20, 40, 60]
    prune(plan)
    gone = {path: size for path, size in sizes.items() if not path.exists()}
    assert sum(gone.values()) == plan.freed > 0
    assert {int(path.stem.split("-")[1]) for path in gone} == {0, 20, 40, 60} - kept.keys()
    assert _steps(swept) == sorted(kept)
    assert tf.train.latest_checkpoint(str(swept.run)) == str(swept.run / "model.ckpt-60")
    assert read_result(str(swept.output)) == before
    again = sweep(**swept.arguments(steps=_SWEPT))
    assert again.chosen == before.chosen
    assert all(entry.reused for entry in again.evaluated)


def test_the_command_removes_only_when_it_is_told_to(swept: Files) -> None:
    arguments = ["prune", str(swept.run), "--keep=latest:1", f"--sweep={swept.output}"]
    shown = CliRunner().invoke(make_app(), arguments)
    assert shown.exit_code == 0, shown.output
    assert "Nothing has been removed. Add --yes to remove them." in shown.output
    assert len(_steps(swept)) == 4
    done = json.loads(CliRunner().invoke(make_app(), [*arguments, "--json", "--yes"]).stdout)
    assert done["done"]
    kept = [c["step"] for c in done["checkpoints"] if c["kept_by"]]
    assert _steps(swept) == kept
    assert "There is nothing to remove." in CliRunner().invoke(make_app(), arguments).output


def test_files_with_further_links_free_nothing_and_a_changed_plan_is_refused(
    swept: Files, tmp_path: Path
) -> None:
    plan = _plan(swept, "every:100")
    first = plan.removed[0]
    assert first.freed == first.size
    os.link(f"{first.prefix}.meta", tmp_path / "pinned.meta")
    linked = _plan(swept, "every:100").removed[0]
    assert linked.size == first.size
    assert linked.size - linked.freed == (tmp_path / "pinned.meta").stat().st_size
    with pytest.raises(ChangedError) as refused:
        prune(plan)
    assert _is_documented(_CHANGED, refused.value)
    assert len(_steps(swept)) == 4


def _grown(files: Files) -> None:
    for path in list(files.run.glob("model.ckpt-60.*")):
        shutil.copy2(path, path.with_name(path.name.replace("-60", "-80")))


def _rewritten(files: Files) -> None:
    later = time.time() + 60
    os.utime(files.run / "model.ckpt-20.index", (later, later))


def _of_others(files: Files) -> None:
    for path in files.run.glob("*.index"):
        os.utime(path, (0, 0))
    ledger = next(files.output.glob("0*/ledger.json"))
    ledger.write_text(ledger.read_text().replace("/run/model", "/elsewhere/model"))


def _begun(files: Files) -> None:
    folders.make_next(str(files.output))


def _half_written(files: Files) -> None:
    (files.run / "model.ckpt-80.index.tempstate1").touch()


def _copied(files: Files) -> None:
    (files.output / ".checkpoint-sweep").unlink()


_UNFIT = [
    (_grown, "a checkpoint is newer than the sweep, or was written again"),
    (_rewritten, "a checkpoint is newer than the sweep, or was written again"),
    (_of_others, "the sweep is of another run"),
    (_begun, "a later sweep has begun"),
    (_half_written, "a checkpoint is half written"),
    (_copied, "the sweep is a copy"),
]
_CHANGED = "the run or the verdicts are others than when it was planned"
_NO_MODEL = "the exported model has gone"
_REMOTE = "the run is not local, and its sweeps are not named"


def _is_documented(when: str, error: Exception) -> bool:
    return bool(re.fullmatch(pattern(documented(BESIDE, "Pruning")[when]), str(error)))


def test_every_documented_refusal_is_tested() -> None:
    tested = {when for _, when in [*_UNFIT, *test_retention.NO_RULES]} | {
        _CHANGED,
        _NO_MODEL,
        _REMOTE,
    }
    tested |= {when for *_, when in test_retention.NOT_TOLD}
    assert documented(BESIDE, "Pruning").keys() == tested


def test_the_sweeps_of_a_run_that_is_not_local_are_to_be_named() -> None:
    with pytest.raises(PruneError) as refused:
        plan_pruning("gs://bucket/run", "latest:1")
    assert _is_documented(_REMOTE, refused.value)


@pytest.mark.parametrize(("change", "when"), _UNFIT)
def test_a_run_is_not_pruned_by_a_sweep_that_does_not_fit(
    change: Callable[[Files], None], when: str, swept: Files
) -> None:
    plan = _plan(swept, "latest:1")
    change(swept)
    with pytest.raises(PruneError) as refused:
        _plan(swept, "latest:1")
    assert _is_documented(when, refused.value)
    with pytest.raises(UserError):
        prune(plan)
    assert {0, 20, 40, 60} <= set(_steps(swept))


@pytest.mark.parametrize("work", [folders.SWEEP, folders.WATCH])
def test_a_run_is_not_pruned_while_it_is_swept(work: str, swept: Files) -> None:
    plan = _plan(swept, "latest:1")
    with folders.locked(str(swept.output), work), pytest.raises(BusyError):
        prune(plan)
    assert len(_steps(swept)) == 4


def test_the_export_is_looked_for_where_the_sweep_found_it_or_is_named(
    swept: Files, original: Files
) -> None:
    report = next(swept.output.glob("0*/report.json"))
    report.write_text(report.read_text().replace(str(original.model), "/gone"))
    with pytest.raises(PruneError) as refused:
        _plan(swept, "latest:1")
    assert _is_documented(_NO_MODEL, refused.value)
    assert _plan(swept, "latest:1", model=str(swept.model)).removed
