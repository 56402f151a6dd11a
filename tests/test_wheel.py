"""The library as a wheel: what it holds, and that it works where nothing else of this checkout is.

It is built from a copy, so that a build leaves nothing in the checkout.
"""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import checkpoint_sweep
from pipeline.problems.problem import repository
from tests.support import forked_interpreter, warm_pipeline
from tests.support.warm_processes import Parent

pytestmark = pytest.mark.slow

_PACKAGE = Path(checkpoint_sweep.__file__).parent
_GENERATED = shutil.ignore_patterns("__pycache__", "*.egg-info")

# Imports the library from the folder that is given. The process is forked from one that has
# imported TensorFlow and TFMA, which takes seconds, and forgets all that this has of the checkout.
_INSTALLED = r"""
import sys

installed, repository = sys.argv[1:]
sys.path[:] = [path for path in sys.path if path not in (repository, f"{repository}/components")]
for name in list(sys.modules):
    if name.partition(".")[0] in ("checkpoint_sweep", "pipeline", "tests"):
        del sys.modules[name]
import checkpoint_sweep

assert checkpoint_sweep.__file__.startswith(installed), checkpoint_sweep.__file__
"""

# Runs the README's trial and imports everything but the TFX components, with `tfx` out of reach.
# Prints what it imported.
_WITHOUT_TFX = r"""
import importlib, json, pkgutil, runpy, shlex
from contextlib import redirect_stdout, suppress

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tfx":
            raise ImportError(f"{name} is not for the library outside of tfx_components")

assert "tfx" not in sys.modules
sys.meta_path.insert(0, Blocked())
for name in ("Direction", "Selection", "StepRange"):
    getattr(checkpoint_sweep, name)

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

without = []
for module in pkgutil.walk_packages(checkpoint_sweep.__path__, "checkpoint_sweep."):
    if ".tfx_components" not in module.name:
        importlib.import_module(module.name)
        without.append(module.name)
print(json.dumps(without))
"""

# Imports what is public, and prints the files of these names.
_PUBLIC = r"""
import json

public = {}
for name in checkpoint_sweep.__all__:
    public[name] = sys.modules[getattr(checkpoint_sweep, name).__module__].__file__
print(json.dumps(public))
"""


def _pip(*arguments: str, cwd: Path) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    shutil.copytree(repository() / "components", source / "components", ignore=_GENERATED)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(repository() / name, source)
    built = tmp_path_factory.mktemp("dist")
    _pip("wheel", "--no-deps", "--no-build-isolation", f"--wheel-dir={built}", ".", cwd=source)
    (wheel,) = built.iterdir()
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content, as pip installs it."""
    folder = tmp_path_factory.mktemp("installed")
    _pip("install", "--no-deps", f"--target={folder}", str(wheel), cwd=folder)
    return folder


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that commands are run in, with the README's trial in it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    readme = (repository() / "README.md").read_text()
    (code,) = re.findall(r"<!-- trial.sh -->\n```sh\n(.*?)```", readme, re.DOTALL)
    (folder / "trial.sh").write_text(code)
    return folder


def _run(installed: Path, elsewhere: Path, *command: str) -> str:
    """What a command prints that finds the installed wheel before this checkout."""
    done = subprocess.run(
        command,
        cwd=elsewhere,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_the_wheel_holds_the_library_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    version = checkpoint_sweep.version.__version__
    assert {name.partition("/")[0] for name in names} == {
        "checkpoint_sweep",
        f"tfx_checkpoint_sweep-{version}.dist-info",
    }
    held = {name for name in names if name.startswith("checkpoint_sweep/")}
    sources = {path for path in _PACKAGE.rglob("*") if path.is_file()}
    expected = {path.relative_to(_PACKAGE.parent) for path in sources}
    assert held == {str(path) for path in expected if path.suffix != ".pyc"}
    assert "checkpoint_sweep/py.typed" in held
    assert {Path(name).suffix for name in held} >= {".js", ".html"}


def test_the_wheel_declares_license_version_extras_and_script(wheel: Path, installed: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    (distribution,) = importlib.metadata.distributions(path=[str(installed)])
    assert distribution.version == checkpoint_sweep.version.__version__
    assert {"tfx", "kubeflow"} <= set(distribution.metadata.get_all("Provides-Extra") or ())
    (script,) = distribution.entry_points
    assert (script.group, script.name) == ("console_scripts", "checkpoint-sweep")


def test_the_installed_console_script_prints_its_version(installed: Path, elsewhere: Path) -> None:
    printed = _run(installed, elsewhere, str(installed / "bin" / "checkpoint-sweep"), "--version")
    assert printed.strip() == f"checkpoint-sweep {checkpoint_sweep.version.__version__}"


def _printed(parent: Parent, program: str, installed: Path, elsewhere: Path) -> Any:
    """What a program prints last, in JSON, that is forked and has the installed wheel."""
    python = forked_interpreter.command(parent.address)
    command = *python, "-u", "-c", _INSTALLED + program, str(installed), str(repository())
    return json.loads(_run(installed, elsewhere, *command).splitlines()[-1])


@pytest.fixture(scope="module")
def without_tfx(installed: Path, elsewhere: Path) -> list[str]:
    """The modules that were imported without TFX, after the trial."""
    parent = warm_pipeline.without_tfx()
    modules: list[str] = _printed(parent, _WITHOUT_TFX, installed, elsewhere)
    return modules


def test_the_trial_of_the_readme_drafts_a_config_and_chooses_without_tfx(
    without_tfx: object, elsewhere: Path
) -> None:
    del without_tfx  # the same process
    assert 'label_key: "tipped"' in (elsewhere / "eval_config.pbtxt").read_text()
    (path,) = (elsewhere / "sample" / "run-sweep").glob("latest/verdicts.json")
    verdicts = json.loads(path.read_text())
    assert len(verdicts["checkpoints"]) == 12
    assert verdicts["reason"] in (elsewhere / "out").read_text()
    assert (path.parent / "model" / "saved_model.pb").is_file()


def test_only_the_tfx_components_need_tfx(without_tfx: list[str]) -> None:
    names = "evaluation.engine", "cli.main"
    assert {f"checkpoint_sweep.{name}" for name in names} <= {*without_tfx}


def test_all_public_names_can_be_imported(installed: Path, elsewhere: Path) -> None:
    public = _printed(warm_pipeline.parent(), _PUBLIC, installed, elsewhere)
    assert public.keys() == set(checkpoint_sweep.__all__)
    assert all(file.startswith(str(installed)) for file in public.values())
