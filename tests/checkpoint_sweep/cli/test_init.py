"""How `init` ends."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from checkpoint_sweep.cli import screen
from checkpoint_sweep.cli.app import make_app
from checkpoint_sweep.sweeping.drafting import draft as drafting


@pytest.mark.parametrize(
    ("problem", "status", "words"),
    [("", 0, "Edit it, and then:"), ("Why.", 2, "a sweep with this model and these examples")],
)
def test_a_model_that_does_not_predict_is_bad_input(
    problem: str, status: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafted = drafting.Draft("# drafted\n", "auc", [], problem, "export/1796049672")
    monkeypatch.setattr(drafting, "draft", lambda *given, **options: drafted)
    config, there = tmp_path / "config.pbtxt", str(tmp_path)
    arguments = ["init", f"--model={there}", f"--examples={there}/*.csv", f"--output={config}"]
    ended = CliRunner().invoke(make_app(), arguments)
    assert ended.exit_code == status
    assert words in ended.output
    assert ("--model=export/1796049672" in ended.output) == (status == 0)
    assert config.read_text() == "# drafted\n"


def test_a_command_is_broken_between_options_where_it_does_not_fit() -> None:
    parts = ["checkpoint-sweep sweep RUN", "--model=export", "--examples='a b'", "--config=c.pbtxt"]
    assert screen.command_lines(parts, 0) == [f"  {' '.join(parts)}"]
    lines = screen.command_lines(parts, 50)
    assert max(map(len, lines)) <= 50
    assert "".join(line.removesuffix("\\") for line in lines).split() == " ".join(parts).split()
    assert [line.endswith(" \\") for line in lines] == [True] * (len(lines) - 1) + [False]
