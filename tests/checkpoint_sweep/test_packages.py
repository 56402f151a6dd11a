"""What each package of the library may import, as docs/architecture.md has it."""

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import checkpoint_sweep
from pipeline.problems.problem import repository

LIBRARY = Path(checkpoint_sweep.__file__).parent
PACKAGES = sorted(path.name for path in LIBRARY.iterdir() if (path / "__init__.py").is_file())


def _module(path: Path) -> str:
    parts = ("checkpoint_sweep", *path.relative_to(LIBRARY).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


MODULES = {_module(path): path for path in sorted(LIBRARY.rglob("*.py"))}
EVALUATION = sorted(
    {name.split(".")[2] for name in MODULES if name.startswith("checkpoint_sweep.evaluation.")}
)


def _imports(path: Path) -> Iterator[str]:
    """Names of what a file imports: at its top, in functions and for types alike."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _imported_modules(module: str) -> set[str]:
    """The modules of the library that one of them imports, packages aside that hold them."""
    found = set()
    for name in _imports(MODULES[module]):
        known = name if name in MODULES else name.rpartition(".")[0]
        if known in MODULES:
            found.add(known)
    return found - {module}


def _architecture() -> str:
    return (repository() / "docs" / "architecture.md").read_text()


def _allowed(package: str) -> set[str]:
    """The packages that the first table of the documentation allows."""
    row = re.search(rf"^\| `{package}` \|.*\| (.+) \|$", _architecture(), re.MULTILINE)
    assert row, f"docs/architecture.md has no row for {package}"
    named = set(re.findall(r"`(\w+)`", row.group(1))) & set(PACKAGES)
    return set(PACKAGES) - named if row.group(1).startswith("all but") else named


def _layers() -> list[set[str]]:
    """What the table of the engine names, row by row from the top."""
    _, _, table = _architecture().partition("## Inside `evaluation/`")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", table.partition("\n## ")[0], re.MULTILINE)
    return [set(re.findall(r"`(\w+)`", row)) for row in rows]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_what_its_row_allows(package: str) -> None:
    found = {
        name.split(".")[1]
        for path in (LIBRARY / package).rglob("*.py")
        for name in _imports(path)
        if name.startswith("checkpoint_sweep.") and name.split(".")[1] in PACKAGES
    }
    assert found - {package} <= _allowed(package)


@pytest.mark.parametrize("package", EVALUATION)
def test_a_package_of_the_engine_imports_only_what_stands_below_it(package: str) -> None:
    layers = _layers()
    (level,) = [number for number, layer in enumerate(layers) if package in layer]
    below = set().union(*layers[level + 1 :])
    prefix = f"checkpoint_sweep.evaluation.{package}"
    found = {
        imported.split(".")[2]
        for module in MODULES
        if module == prefix or module.startswith(f"{prefix}.")
        for imported in _imported_modules(module)
        if imported.startswith("checkpoint_sweep.evaluation.")
    }
    assert found - {package} <= below


def test_the_table_of_the_engine_names_all_of_it_once() -> None:
    named = [package for layer in _layers() for package in sorted(layer)]
    assert sorted(named) == EVALUATION


def test_no_module_imports_itself_by_way_of_others() -> None:
    order = graphlib.TopologicalSorter({name: _imported_modules(name) for name in MODULES})
    order.prepare()  # Raises CycleError, which names the circle.


def test_nothing_in_the_library_imports_its_root() -> None:
    importers = {name for name in MODULES if "checkpoint_sweep" in _imported_modules(name)}
    assert importers == set()


def test_tfx_and_the_application_stay_outside() -> None:
    for path in LIBRARY.rglob("*.py"):
        names = {name.partition(".")[0] for name in _imports(path)}
        assert "pipeline" not in names, path
        assert "tfx" not in names or path.is_relative_to(LIBRARY / "tfx_components"), path
