"""The README's snippets, extracted and run as a reader would run them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from checkpoint_sweep import __version__
from pipeline.problems.problem import repository
from tests.support import taxi_examples

_README = repository() / "README.md"


def _snippets() -> dict[str, str]:
    pattern = r"<!-- (\S+\.py) -->\n```python\n(.*?)```"
    return dict(re.findall(pattern, _README.read_text(), re.DOTALL))


@pytest.mark.slow
def test_the_snippet_chooses_blesses_and_pushes(tmp_path: Path) -> None:
    for name, code in _snippets().items():
        (tmp_path / name).write_text(code)
    (tmp_path / "data").mkdir()
    taxi_examples.write_csv(tmp_path / "data" / "data.csv", 1000)
    done = subprocess.run(
        [sys.executable, "my_pipeline.py", "data", str(tmp_path / "root")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (file,) = (tmp_path / "root").glob("CheckpointSweep/blessing/*/verdicts.json")
    verdicts = json.loads(file.read_text())
    assert verdicts["blessed"]
    decision, report = done.stdout.splitlines()[-2:]
    assert decision == f"CheckpointSweep: BLESSED: {verdicts['reason']}"
    assert Path(report.removeprefix("Report: ")).is_file()
    assert [c["step"] for c in verdicts["checkpoints"]] == list(range(50, 401, 50))
    (pushed,) = (tmp_path / "root" / "serving").iterdir()
    assert (pushed / "saved_model.pb").is_file()


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", _README.read_text())
    assert links
    assert [link for link in links if not (repository() / link).exists()] == []


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"`?make ([a-z]+)", _README.read_text()))
    makefile = (repository() / "Makefile").read_text()
    assert [t for t in targets if not re.search(rf"^{t}:", makefile, re.MULTILINE)] == []


def test_the_wheel_is_named_as_it_is_built() -> None:
    named = set(re.findall(r"tfx_checkpoint_sweep-(.+?)-py3", _README.read_text()))
    assert named == {__version__}
