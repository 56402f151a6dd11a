"""The README's snippets, extracted and run as a reader would run them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from checkpoint_sweep.version import __version__
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
    (path,) = (tmp_path / "sample" / "run-sweep").glob("*/verdicts.json")
    verdicts = json.loads(path.read_text())
    assert len(verdicts["checkpoints"]) == 12
    assert verdicts["reason"] in (tmp_path / "out").read_text()
    assert (path.parent / "model" / "saved_model.pb").is_file()


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
