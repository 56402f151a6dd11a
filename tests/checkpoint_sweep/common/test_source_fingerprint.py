from pathlib import Path

import pytest

from checkpoint_sweep.common.source_fingerprint import fingerprint, import_closure

# By path: a package in which `training` reaches `layers` by way of `model`, and not `report`.
PACKAGE = {
    "__init__.py": "",
    "training.py": "import json\nimport numpy as np\nfrom {name} import model\n",
    "model.py": "from .parts import layers\nimport {name}.without_init.inner\n",
    "parts/__init__.py": "from ..sizes import SIZE\n",
    "parts/layers.py": "import {name}.parts.lazy_user\n",
    "parts/lazy_user.py": "def run():\n    from {name} import lazy\n    return lazy\n",
    "lazy.py": "import {name}_beside\n",
    "sizes.py": "SIZE = 1\n",
    "without_init/inner.py": "",
    "report.py": "from {name} import model\n",
}
REACHED = {
    "",
    ".training",
    ".model",
    ".parts",
    ".parts.layers",
    ".parts.lazy_user",
    ".lazy",
    ".sizes",
    ".without_init.inner",
}


@pytest.fixture
def package(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An importable package with a name that no other test has, and a module beside it."""
    name = f"fingerprinted_{abs(hash(request.node.nodeid))}"
    for path, text in PACKAGE.items():
        file = tmp_path / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(name=name))
    (tmp_path / f"{name}_beside.py").write_text("BESIDE = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_imports_are_followed_as_far_as_ones_own_code_goes(package: str) -> None:
    found = import_closure([f"{package}.training"])
    assert set(found) == {package + name for name in REACHED} | {f"{package}_beside"}


def test_several_modules_are_followed_together(package: str) -> None:
    found = import_closure([f"{package}.sizes", f"{package}.report"])
    assert {f"{package}.sizes", f"{package}.report", f"{package}.model"} <= set(found)


def test_the_same_source_has_the_same_fingerprint(package: str) -> None:
    module = f"{package}.training"
    assert fingerprint([module]) == fingerprint([module, module])
    assert len(fingerprint([module])) == 16


def test_packages_of_another_environment_on_the_path_are_not_ones_own(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "base/lib/python3.10/site-packages"
    elsewhere.mkdir(parents=True)
    (tmp_path / f"{package}_beside.py").rename(elsewhere / f"{package}_beside.py")
    monkeypatch.syspath_prepend(elsewhere)
    assert set(import_closure([f"{package}.training"])) == {package + name for name in REACHED}


@pytest.mark.parametrize(
    ("edited", "changes"),
    [
        pytest.param("{name}/training.py", True, id="the module"),
        pytest.param("{name}/parts/layers.py", True, id="what it imports indirectly"),
        pytest.param("{name}/lazy.py", True, id="what a function imports"),
        pytest.param("{name}/parts/__init__.py", True, id="a package around what it imports"),
        pytest.param("{name}_beside.py", True, id="one's own module of another package"),
        pytest.param("{name}/report.py", False, id="what only imports the same"),
    ],
)
def test_a_fingerprint_changes_with_the_code_behind_the_module_and_only_with_it(
    edited: str, changes: bool, package: str, tmp_path: Path
) -> None:
    before = fingerprint([f"{package}.training"])
    with (tmp_path / edited.format(name=package)).open("a") as file:
        file.write("# edited\n")
    assert (fingerprint([f"{package}.training"]) != before) is changes


@pytest.mark.parametrize("name", ["no_such_package.training", "math", "_json"])
def test_a_module_without_python_source_is_refused(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=name):
        fingerprint([name])


def test_finding_imports_runs_nothing_of_the_module(package: str, tmp_path: Path) -> None:
    (tmp_path / package / "training.py").write_text("raise AssertionError('it was run')\n")
    assert f"{package}.training" in import_closure([f"{package}.training"])


def test_all_of_a_large_package_counts_where_one_module_is_reached() -> None:
    names = set(import_closure(["checkpoint_sweep.metrics"], whole=("checkpoint_sweep",)))
    assert {"checkpoint_sweep", "checkpoint_sweep.metrics", "checkpoint_sweep.cli.main"} <= names
    assert names >= set(import_closure(["checkpoint_sweep.metrics"]))
