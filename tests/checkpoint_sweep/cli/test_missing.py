"""What is not there is told before TensorFlow is loaded."""

from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner

from checkpoint_sweep.cli import screen
from checkpoint_sweep.cli.app import make_app
from checkpoint_sweep.cli.missing import refuse_missing

_THERE = str(Path(__file__))
_SWEEP = {
    "RUN": _THERE,
    "--model": _THERE,
    "--examples": _THERE,
    "--config": _THERE,
    "--baseline": _THERE,
}


@pytest.mark.parametrize("missing", _SWEEP)
def test_a_sweep_names_the_path_and_its_option(missing: str) -> None:
    given = _SWEEP | {missing: "/nowhere"}
    options = [f"{name}={path}" for name, path in given.items() if name != "RUN"]
    said = _refused(["sweep", given["RUN"], *options, "--select=auc"])
    assert f"There is no file or folder /nowhere, which {missing} names." in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["init", "--model=/nowhere", f"--examples={_THERE}"], "/nowhere, which --model names"),
        (["export", "/nowhere", "o", "--run=r", "--model=m", "--step=1"], "which FOLDER names"),
        (["compare", "/nowhere:20", "/nowhere:40"], "There is no finished sweep in /nowhere."),
    ],
)
def test_other_commands_name_it_too(arguments: list[str], words: str) -> None:
    assert words in _refused(arguments)


def _refused(arguments: list[str]) -> str:
    """Runs a command that has to end before it loads TensorFlow."""

    def loading(quiet: bool = False) -> NoReturn:
        raise AssertionError("TensorFlow is loaded.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screen, "log_progress", lambda: None)
        patch.setattr(screen, "loading", loading)
        ended = CliRunner().invoke(make_app(), arguments)
    assert not isinstance(ended.exception, AssertionError)
    return " ".join([*ended.output.split(), str(ended.exception)])


@pytest.mark.parametrize("path", ["/nowhere/*.csv", "{run}/export", "gs://bucket/run", None, ""])
def test_what_only_tensorflow_can_find_passes(path: str | None) -> None:
    refuse_missing({"--examples": [path]})
