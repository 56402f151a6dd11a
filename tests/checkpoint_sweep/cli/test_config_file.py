"""Options that a file in the current folder gives."""

from pathlib import Path
from typing import Any

import pytest
from typer.main import get_group

from checkpoint_sweep.cli import config_file
from checkpoint_sweep.cli.app import make_app
from checkpoint_sweep.cli.sweep_arguments import SweepArguments
from tests.support import console_script

_ALL = """
run = "run"
model = "export"
examples = "e.csv"
config = "c.pbtxt"
select = "auc"
average-last = [3, 5]
slice = ["day=1"]
thresholds = "confident"
race = true
until-step = 40
"""


@pytest.fixture(autouse=True)
def anything_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paths that are given here are names only."""
    monkeypatch.setattr("checkpoint_sweep.cli.missing._is_missing", lambda path: False)


def _defaults(folder: Path, command: str, own: str = "", project: str = "") -> dict[str, Any]:
    for name, text in (("checkpoint-sweep.toml", own), ("pyproject.toml", project)):
        if text:
            (folder / name).write_text(text)
    return config_file.defaults(get_group(make_app()), command, folder)


@pytest.mark.parametrize("file", ["checkpoint-sweep.toml", "pyproject.toml"])
def test_options_are_read_by_their_names_on_the_command_line(file: str, tmp_path: Path) -> None:
    table = "[tool.checkpoint-sweep]\n" if file == "pyproject.toml" else ""
    (tmp_path / file).write_text(table + _ALL)
    found = _defaults(tmp_path, "sweep")
    assert found == {
        "run": ["run"],
        "model": ["export"],
        "examples": ["e.csv"],
        "config": "c.pbtxt",
        "select": "auc",
        "average_last": [3, 5],
        "on_slice": ["day=1"],
        "thresholds": "confident",
        "race": True,
    }
    assert _defaults(tmp_path, "watch") == found | {"until_step": 40}


@pytest.mark.parametrize(
    ("command", "taken"),
    [
        ("init", {"model": "export", "examples": ["e.csv"]}),
        ("export", {"run": "run", "model": "export"}),
        ("prune", {"run": "run", "model": "export"}),
        ("show", {}),
        ("compare", {}),
    ],
)
def test_other_commands_take_what_means_the_same(
    command: str, taken: dict[str, Any], tmp_path: Path
) -> None:
    assert _defaults(tmp_path, command, _ALL + 'output = "swept"\n') == taken


def test_runs_of_a_sweep_of_several_are_no_default_of_what_takes_one(tmp_path: Path) -> None:
    several = 'run = ["a", "b"]\nmodel = ["a/export", "b/export"]\nexamples = "e.csv"\n'
    assert _defaults(tmp_path, "sweep", several) == {
        "run": ["a", "b"],
        "model": ["a/export", "b/export"],
        "examples": ["e.csv"],
    }
    assert _defaults(tmp_path, "prune") == {}
    assert _defaults(tmp_path, "init") == {"examples": ["e.csv"]}


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (["a", "b", "--model={run}/e"], (["a", "b"], "{run}/e")),
        (["a", "b", "--model=x", "--model=y"], (["a", "b"], ["x", "y"])),
        ([], ("of the file", "export")),
    ],
)
def test_several_runs_are_positional(
    arguments: list[str], given: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = 'model = "export"\nexamples = "e.csv"\nconfig = "c.pbtxt"\nselect = "auc"\n'
    (tmp_path / "checkpoint-sweep.toml").write_text(f'run = "of the file"\n{options}')
    found: list[Any] = []
    monkeypatch.setattr("checkpoint_sweep.cli.screen.log_progress", lambda: None)
    monkeypatch.setattr("checkpoint_sweep.cli.commands.refuse_missing", lambda named: None)
    monkeypatch.setattr(
        "checkpoint_sweep.sweeping.full_sweep.full_sweep",
        lambda run, model, options: found.append((run, model)) or 1 / 0,
    )
    with pytest.raises(ZeroDivisionError):
        make_app()(["sweep", *arguments], standalone_mode=False)
    assert found == [given]


@pytest.mark.parametrize("project", ["", "[tool.ruff]\nselect = []\n", "tool = 1\n"])
def test_without_options_there_are_no_defaults(project: str, tmp_path: Path) -> None:
    assert _defaults(tmp_path, "sweep", project=project) == {}


@pytest.mark.parametrize(
    ("own", "project", "words"),
    [
        ("strid = 2", "", "checkpoint-sweep.toml has the key 'strid', which is not an option"),
        ("first_step = 2", "", "has the key 'first_step', which is not an option"),
        ("stride = 'x'", "", "checkpoint-sweep.toml, stride: 'x' is not a valid int"),
        ("stride = true", "", "checkpoint-sweep.toml, stride: True is not text or a number"),
        ("race = 1", "", "checkpoint-sweep.toml, race: 1 is not true or false"),
        ("select = ['auc']", "", r"select: \['auc'\] is not text or a number"),
        ("examples = [['a']]", "", r"examples: \['a'\] is not text or a number"),
        ("thresholds = 'sure'", "", "thresholds: 'sure' is not one of"),
        ("select = auc", "", "checkpoint-sweep.toml cannot be read: .*line 1"),
        ("", "[tool.checkpoint-sweep]\nx = 1", "pyproject.toml has the key 'x'"),
        (
            "",
            "[tool]\ncheckpoint-sweep = 1",
            "tool.checkpoint-sweep of pyproject.toml is not a table",
        ),
        ("stride = 2", "[tool.checkpoint-sweep]", "Both checkpoint-sweep.toml and"),
    ],
)
def test_what_is_no_option_is_refused_by_file_and_key(
    own: str, project: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(config_file.ConfigFileError, match=words):
        _defaults(tmp_path, "sweep", own, project)


def _given(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[str, SweepArguments]:
    """Runs `sweep` up to where it would evaluate; gives the run and the options."""
    given: list[Any] = []
    # It changes the logging of this process.
    monkeypatch.setattr("checkpoint_sweep.cli.screen.log_progress", lambda: None)
    monkeypatch.setattr("checkpoint_sweep.cli.commands.refuse_missing", lambda named: None)
    monkeypatch.setattr(
        "checkpoint_sweep.sweeping.full_sweep.full_sweep",
        lambda run, model, options: given.append((run, options)) or 1 / 0,
    )
    with pytest.raises(ZeroDivisionError):
        make_app()(["sweep", *arguments], standalone_mode=False)
    run, options = given[0]
    return run, options


def test_what_the_file_switches_on_the_command_line_switches_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoint-sweep.toml").write_text(_ALL + "greedy-soup = true\nquiet = true\n")
    _, options = _given(monkeypatch)
    assert (options.racing is not None, options.averages.greedy_soup) == (True, True)
    _, options = _given(monkeypatch, "--no-race", "--no-greedy-soup", "--no-quiet")
    assert (options.racing is not None, options.averages.greedy_soup) == (False, False)


def test_explicit_options_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoint-sweep.toml").write_text(_ALL)
    run, options = _given(monkeypatch, "other", "--examples=f.csv", "--average-last=7")
    assert run == "other"
    assert (options.patterns, options.config, options.averages.last) == (["f.csv"], "c.pbtxt", (7,))


def test_a_command_with_a_file_needs_no_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoint-sweep.toml").write_text(_ALL)
    assert _given(monkeypatch)[0] == "run"
    (tmp_path / "checkpoint-sweep.toml").write_text("x = 1")
    done = console_script.run_cold("watch")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: checkpoint-sweep.toml has the key 'x'")
    assert len(done.stderr.splitlines()) == 1
