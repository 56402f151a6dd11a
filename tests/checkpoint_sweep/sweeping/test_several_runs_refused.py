"""What is refused of several runs, with the messages of docs/errors.md, and where results go."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checkpoint_sweep import Averages, UserError, sweep, watch
from checkpoint_sweep.common.wording import Interface
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.sweeping.folder import FolderError, claim, of_runs
from tests.checkpoint_sweep.sweeping.conftest import Runs
from tests.support.errors_document import documented, pattern

SECTION = "What it refuses of several runs"
# In test_several_runs.py, which has such a sweep.
_ELSEWHERE = {
    "`prune` gets the sweep of several (Python, command line)",
    "the last sweep beside the runs is of others too (Python, command line)",
}


def _sweeping(names: list[str], exports: list[str], **changes: Any) -> Callable[[Runs, str], None]:
    def run(runs: Runs, output: str) -> None:
        models = [f"{folder}/export" for folder in runs.of(*exports)]
        options = dataclasses.replace(runs.options, output=output, **changes)
        sweep(runs.of(*names), models, options)

    return run


def _watching(runs: Runs, output: str) -> None:
    watch(runs.of("seed-1", "seed-2"), "export", runs.options)  # type: ignore[arg-type]


def _linked(runs: Runs, output: str) -> None:
    (first,) = runs.of("seed-1")
    link = Path(output).parent / "latest"
    link.symlink_to(first)
    sweep([first, str(link)], f"{first}/export", dataclasses.replace(runs.options, output=output))


def _with_results(runs: Runs, output: str) -> None:
    (first,) = runs.of("seed-1")
    results = f"{Path(output).parent}/seed-1-sweep"
    claim(results)
    sweep([first, results], f"{first}/export", dataclasses.replace(runs.options, output=output))


def _beside_nothing(runs: Runs, output: str) -> None:
    sweep(["/here", "/there"], "export", runs.options)


REFUSED: dict[str, Callable[[Runs, str], None]] = {
    "a run of another model has no export of its own": _sweeping(["seed-1", "other"], ["seed-1"]),
    "no run has the exported weights": _sweeping(["seed-1", "seed-2"], ["seed-2", "seed-1"]),
    "there are other numbers of runs and of models": _sweeping(
        ["seed-1", "seed-2", "other"], ["seed-1", "seed-2"]
    ),
    "a run is there twice": _sweeping(["seed-1", "seed-1"], ["seed-1"]),
    "a run is there by a link too": _linked,
    "a folder of results is among the runs (Python, command line)": _with_results,
    "averages are asked for": _sweeping(
        ["seed-1", "seed-2"], ["seed-1"], averages=Averages(last=(2,))
    ),
    "an eval graph is given, and the runs have exports of their own": _sweeping(
        ["seed-1", "seed-2"], ["seed-1", "seed-2"], eval_model="."
    ),
    "a run has no checkpoint in the range": _sweeping(
        ["seed-1", "seed-2"], ["seed-1"], steps=StepRange(first=80)
    ),
    "the runs have no local folder in common, beside which results could be (Python, command "
    "line)": _beside_nothing,
    "`watch` gets several (Python, command line)": _watching,
}


def test_the_documented_table_has_every_refusal_and_no_other() -> None:
    assert set(documented(SECTION)) == {*REFUSED, *_ELSEWHERE}


@pytest.mark.parametrize("when", REFUSED)
def test_what_does_not_fit_is_refused_in_a_sentence(when: str, runs: Runs, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        REFUSED[when](runs, str(tmp_path / "out"))
    message = caught.value.told_in(Interface.TFX)
    assert re.fullmatch(pattern(documented(SECTION)[when]), message), message
    assert not list(tmp_path.glob("out/0*"))


def test_the_command_line_is_told_of_its_own_options(runs: Runs, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        REFUSED["a run of another model has no export of its own"](runs, str(tmp_path / "out"))
    assert caught.value.told_in(Interface.COMMAND_LINE).endswith(
        "Give each run an export of its own: --model='{run}/export', in which {run} stands for the "
        "folder of each run."
    )


@pytest.mark.parametrize(
    ("given", "output"),
    [
        (["/r/a"], "/r/a-sweep"),
        (["/r/a", "/r/b"], "/r-sweep"),
        (["/r/x/a", "/r/y/a"], "/r-sweep"),
        (["/r", "/r/b"], "/r-sweep"),
    ],
)
def test_results_of_several_runs_are_beside_the_folder_of_all(
    given: list[str], output: str
) -> None:
    assert of_runs(given, None) == output


@pytest.mark.parametrize(
    "given", [["/a", "/b"], ["gs://b/a", "gs://b/b"]], ids=["no common folder", "remote"]
)
def test_runs_without_a_local_folder_in_common_need_an_output(given: list[str]) -> None:
    with pytest.raises(FolderError, match="Name one by output"):
        of_runs(given, None)
    assert of_runs(given, "/out") == "/out"
