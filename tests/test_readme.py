"""The README's trial, run as a reader would run it, and the names that the README has."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging import version

from checkpoint_sweep.version import __version__
from pipeline.problems.problem import repository

_README = repository() / "README.md"


# The console script, and no `tfx`, as where the library is installed as the README says.
_TRIAL = r"""
import runpy, shlex, sys
from contextlib import redirect_stdout, suppress

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tfx":
            raise ImportError(name)

sys.meta_path.insert(0, Blocked())
from checkpoint_sweep.cli.main import main

for line in open("trial.sh").read().replace("\\\n", " ").splitlines():
    words = shlex.split(line, comments=True)
    with open(words.pop() if ">" in words else "out", "a") as file, redirect_stdout(file):
        sys.argv = [word for word in words if word != ">"]
        if sys.argv[0] == "python":
            sys.argv.pop(0)
            runpy.run_path(f"{repository}/{sys.argv[0]}", run_name="__main__")
        elif sys.argv[0] == "checkpoint-sweep":
            with suppress(SystemExit):
                main()
"""


@pytest.mark.slow
def test_the_trial_without_tfx_drafts_a_config_and_chooses(tmp_path: Path) -> None:
    (code,) = re.findall(r"<!-- trial.sh -->\n```sh\n(.*?)```", _README.read_text(), re.DOTALL)
    (tmp_path / "trial.sh").write_text(code)
    done = subprocess.run(
        [sys.executable, "-c", f"repository = {str(repository())!r}\n{_TRIAL}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert 'label_key: "tipped"' in (tmp_path / "eval_config.pbtxt").read_text()
    (path,) = (tmp_path / "sample" / "run-sweep").glob("latest/verdicts.json")
    verdicts = json.loads(path.read_text())
    assert len(verdicts["checkpoints"]) == 12
    assert verdicts["reason"] in (tmp_path / "out").read_text()
    assert (path.parent / "model" / "saved_model.pb").is_file()


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"`?make ([a-z]+)", _README.read_text()))
    makefile = (repository() / "Makefile").read_text()
    assert [t for t in targets if not re.search(rf"^{t}:", makefile, re.MULTILINE)] == []


def test_the_wheel_is_named_as_it_is_built() -> None:
    named = set(re.findall(r"tfx_checkpoint_sweep-(.+?)-py3", _README.read_text()))
    assert named == {__version__}


def test_the_version_is_that_of_the_changelog() -> None:
    changelog = (repository() / "CHANGELOG.md").read_text()
    newest, before = re.findall(r"^## (\S+)", changelog, re.MULTILINE)[:2]
    if newest == "Unreleased":
        assert version.parse(__version__).is_devrelease
        assert version.parse(__version__) > version.parse(before)
    else:
        assert newest == __version__


def test_the_readme_is_short() -> None:
    assert len(_README.read_text().splitlines()) <= 180


def test_the_constraints_are_the_locks_without_hashes() -> None:
    locks = {"3.10": "", "3.11": "-3.11", "3.12": "-3.12"}
    expected = []
    for python, suffix in locks.items():
        lock = (repository() / f"requirements{suffix}.txt").read_text()
        for name, number in re.findall(r"^(\S+?)(?:\[.*?\])?==(\S+)", lock, re.MULTILINE):
            expected.append(f"{name}=={number}; python_version == '{python}'")
    assert (repository() / "constraints.txt").read_text().splitlines() == expected


def test_make_help_shows_the_targets_of_users_first() -> None:
    command = ["make", "--no-print-directory", "help"]
    done = subprocess.run(command, cwd=repository(), capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert (lines[0], lines[10]) == ("To use it:", "To work on it:")
    assert {line.split()[0] for line in lines[1:10]} >= {
        "help",
        "run",
        "notebook",
        "wheel",
        "clean",
    }
    assert max(map(len, lines)) <= 80
