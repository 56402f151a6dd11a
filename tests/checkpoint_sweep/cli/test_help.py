"""The help of every command fits a terminal of 80 columns."""

import pytest
from typer.testing import CliRunner

from checkpoint_sweep.cli.app import make_app

_COMMANDS = (
    "",
    "init",
    "sweep",
    "watch",
    "show",
    "compare",
    "export",
    "export-graph",
    "predictions",
    "prune",
)


@pytest.mark.parametrize("command", _COMMANDS)
def test_no_text_is_cut_at_80_columns(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = CliRunner().invoke(make_app(), [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert "Usage:" in shown.output
    assert "…" not in shown.output
    assert max(map(len, shown.output.splitlines())) <= 80


def test_a_table_of_a_file_of_options_keeps_its_brackets() -> None:
    shown = CliRunner().invoke(make_app(), ["--help"])
    assert "[tool.checkpoint-sweep]" in " ".join(shown.output.replace("│", " ").split())


def test_every_command_is_looked_at() -> None:
    callbacks = [command.callback for command in make_app().registered_commands]
    named = {callback.__name__.replace("_", "-") for callback in callbacks if callback}
    assert named == {*_COMMANDS} - {""}
