"""The names that the README has; its trial is run in `test_wheel.py`."""

import re
import subprocess

from packaging import version

from checkpoint_sweep.version import __version__
from pipeline.problems.problem import repository

_README = repository() / "README.md"


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
