"""Two checkpoints side by side: what a sweep found of them, and no more."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.names import OVERALL
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.sweeping.compare import compare
from checkpoint_sweep.sweeping.sweep import sweep
from tests.checkpoint_sweep.sweeping.conftest import Files, files_in
from tests.support import tfrecords
from tests.support.estimator_run import EstimatorRun


@pytest.fixture(scope="module")
def given(
    tmp_path_factory: pytest.TempPathFactory, trained: EstimatorRun, examples: list[bytes]
) -> Files:
    return files_in(tmp_path_factory.mktemp("compared"), trained, examples)


@pytest.fixture(scope="module")
def swept(given: Files) -> SweepResult:
    return sweep(**given.arguments())


def test_the_difference_to_the_chosen_is_that_of_the_verdicts(
    given: Files, swept: SweepResult
) -> None:
    other = next(v for v in swept.verdicts if v.step != swept.step and v.difference)
    compared = compare(str(given.output), f"{given.output}:{other.step}")
    (row,) = [r for r in compared.rows if (str(r.metric), r.slice) == ("auc", OVERALL)]
    assert row.difference == pytest.approx(other.difference.value)
    assert row.interval is not None
    assert (row.interval[0] + row.interval[1]) / 2 == pytest.approx(other.difference.value)
    assert not row.better
    assert compared.cautions == []
    slices = {str(row.slice) for row in compared.rows if row.metric.name == "auc"}
    assert "payment_type=Cash" in slices
    written = json.loads(json.dumps(compared.to_json(), allow_nan=False))
    assert written["version"] == 1


def test_other_examples_are_cautioned_and_have_no_intervals(
    given: Files, swept: SweepResult, examples: list[bytes], tmp_path: Path
) -> None:
    fewer = tfrecords.write(tmp_path / "fewer.tfrecord", examples[:150])
    other = sweep(**given.arguments(examples=fewer, output=str(tmp_path / "other")))
    compared = compare(swept.directory, other.directory)
    (caution,) = compared.cautions
    assert "were not evaluated on the same examples (200 and 150 of them)" in caution
    assert all(row.interval is None for row in compared.rows)


@pytest.mark.parametrize(
    ("which", "words"),
    [
        (":7", "names none of its checkpoints: 0, 20, 40, 60"),
        ("-not", "There is no finished sweep"),
    ],
)
def test_a_missing_sweep_or_checkpoint_is_refused(
    which: str, words: str, given: Files, swept: SweepResult
) -> None:
    with pytest.raises(UserError, match=words):
        compare(str(given.output), f"{given.output}{which}")


def test_of_a_sweep_that_chose_none_a_checkpoint_must_be_named(
    given: Files, swept: SweepResult, tmp_path: Path
) -> None:
    path = Path(swept.directory) / "verdicts.json"
    (tmp_path / "verdicts.json").write_text(
        json.dumps(json.loads(path.read_text()) | {"chosen": None})
    )
    with pytest.raises(UserError, match=r"chose none.*:60"):
        compare(str(tmp_path), str(given.output))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:50]),
        lambda path: path.write_bytes(b"no results" * 50),
        _pipe,
        _folder,
    ],
    ids=["cut short", "other content", "a pipe", "a folder"],
)
@pytest.mark.parametrize("pattern", ["metrics*", "eval_config.json"])
def test_damaged_results_are_refused(
    pattern: str, damage: Callable[[Path], object], swept: SweepResult, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(swept.directory, copy)
    for path in copy.glob(f"step-*/{pattern}"):
        damage(path)
    with pytest.raises(UserError, match=r"cannot be read: .*Sweep again"):
        compare(str(copy), swept.directory)
