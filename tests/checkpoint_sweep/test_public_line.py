"""What is public: it can be imported, has an example, is all that documents use, and is cheap."""

import ast
import dataclasses
import doctest
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipeline.problems.problem import repository
from tests.support import warm_pipeline

ROOT = "checkpoint_sweep"
MODULES = (
    ROOT,
    f"{ROOT}.errors",
    f"{ROOT}.metrics",
    f"{ROOT}.report",
    f"{ROOT}.views",
)
MOST_PARAMETERS = 7
# TFX's components have the parameters that a pipeline sets; Evaluator's are those of the stock one.
COMPONENTS = {"CheckpointSweep", "Evaluator"}
# The examples of these need files: `sweeping/test_examples.py` and `sweeping/test_export_graph.py`
# run them where such files are.
WITH_FILES = {"export_graph", "plan_pruning", "sweep", "watch"}
DOCUMENTS = sorted(
    path
    for pattern in ("README.md", "docs/*.md", "notebooks/*.ipynb")
    for path in repository().glob(pattern)
)


def _module(name: str) -> ModuleType:
    return import_module(name)


PUBLIC = [(module, name) for module in MODULES for name in _module(module).__all__]
DEFINITIONS = [(m, n) for m, n in PUBLIC if m != f"{ROOT}.errors"]


def _public(module: str, name: str) -> Any:
    return getattr(_module(module), name)


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_a_public_name_can_be_imported_and_says_what_it_is(module: str, name: str) -> None:
    assert _public(module, name).__name__ == name
    assert inspect.getdoc(_public(module, name))


@pytest.mark.parametrize("module", MODULES)
def test_a_type_checker_sees_the_same_names(module: str) -> None:
    source = Path(str(_module(module).__file__)).read_text()
    seen = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(ROOT)
        for alias in node.names
    }
    assert seen - {"importer", "__version__"} == set(_module(module).__all__)


@pytest.mark.parametrize(("module", "name"), DEFINITIONS)
def test_a_public_definition_has_an_example(module: str, name: str) -> None:
    doc = inspect.getdoc(_public(module, name)) or ""
    assert re.search(r"^(?:>>> |    )\S", doc, re.MULTILINE)


def _runnable() -> Iterator[Any]:
    finder = doctest.DocTestFinder(recurse=False)
    for module, name in DEFINITIONS:
        if name not in WITH_FILES:
            found = finder.find(_public(module, name), name, globs={})
            yield from (pytest.param(test, id=name) for test in found if test.examples)


@pytest.mark.parametrize("example", _runnable())
def test_the_example_of_a_public_definition_runs(example: doctest.DocTest) -> None:
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example).failed == 0


def _functions() -> Iterator[Any]:
    """The public functions, and the public methods of public classes."""
    for module, name in DEFINITIONS:
        value = _public(module, name)
        if name in COMPONENTS:
            continue
        if not inspect.isclass(value):
            yield pytest.param(value, id=name)
            continue
        for attribute, member in vars(value).items():
            function = getattr(member, "__func__", member)
            written = inspect.isfunction(function) and function.__qualname__.startswith(name)
            public = not attribute.startswith("_")
            if written and (public or (attribute == "__init__" and not _has_fields(value))):
                yield pytest.param(function, id=f"{name}.{attribute}")


def _has_fields(value: type) -> bool:
    """Whether the constructor is made of the fields of a dataclass, or is that of a protocol."""
    return dataclasses.is_dataclass(value) or getattr(value, "_is_protocol", False)


@pytest.mark.parametrize("function", _functions())
def test_a_public_function_has_few_parameters_and_names_them(function: Any) -> None:
    parameters = inspect.signature(function).parameters
    assert len([name for name in parameters if name not in ("self", "cls")]) <= MOST_PARAMETERS
    kinds = {parameter.kind for parameter in parameters.values()}
    # A metric's settings are those of its own constructor.
    is_metric = function.__qualname__.startswith("BatchMetric.")
    assert inspect.Parameter.VAR_KEYWORD not in kinds or is_metric


def test_importing_the_package_is_cheap() -> None:
    heavy = "('tensorflow', 'tfx', 'tensorflow_model_analysis', 'apache_beam', 'pandas', 'numpy')"
    code = f"import sys, {ROOT}, {ROOT}.errors, {ROOT}.report\n"
    code += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _code(path: Path) -> Iterator[str]:
    """The Python code of a document."""
    text = path.read_text()
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        yield from ("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    else:
        yield from re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _used(code: str) -> Iterator[tuple[str, str]]:
    """The names of the library that code imports, or reads from a module that it imports."""
    tree = ast.parse(code)
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == ROOT:
            for alias in node.names:
                if (name := f"{node.module}.{alias.name}") in MODULES:
                    modules[alias.asname or alias.name] = name
                else:
                    yield str(node.module), alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == ROOT:
                    modules[alias.asname or alias.name] = alias.name
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in modules:
                yield modules[module], name


def _uses() -> list[tuple[str, str]]:
    return sorted({use for path in DOCUMENTS for code in _code(path) for use in _used(code)})


@pytest.mark.parametrize(("module", "name"), _uses())
def test_code_in_documents_uses_what_is_public(module: str, name: str) -> None:
    assert (module, name) in PUBLIC
    _public(module, name)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_names_no_module_that_is_not_public(path: Path) -> None:
    named = {m.rstrip(".") for m in re.findall(rf"(?<![\w/]){ROOT}(?:\.\w+)+", path.read_text())}
    known = {*MODULES, *(f"{module}.{name}" for module, name in PUBLIC)}
    assert named - known == set()


def test_documents_use_the_library() -> None:
    assert {module for module, _ in _uses()} >= {ROOT, f"{ROOT}.views", f"{ROOT}.report"}


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_a_docstring_is_shown_as_it_is_meant(module: str, name: str) -> None:
    doc = inspect.getdoc(_public(module, name)) or ""
    # pdoc takes a line with a colon before an indented block for the title of a section.
    titles = set(re.findall(r"^(\S.*):\n+    ", doc, re.MULTILINE))
    assert titles <= {"Args", "Attributes", "Returns", "Raises"}


def test_the_reference_has_a_page_for_each_public_module() -> None:
    makefile = (repository() / "Makefile").read_text()
    (recipe,) = re.findall(r"^docs:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert set(re.findall(rf"\b{ROOT}[.\w]*", recipe)) == set(MODULES)


@pytest.mark.slow
def test_the_reference_is_built_offline_and_has_every_public_name(tmp_path: Path) -> None:
    options = ["--docformat=google", f"--output-directory={tmp_path}"]
    done = warm_pipeline.run("tests.support.without_network", "pdoc", *options, *MODULES)
    assert done.returncode == 0, done.stderr[-3000:]
    for module in MODULES:
        page = (tmp_path / f"{module.replace('.', '/')}.html").read_text()
        assert set(re.findall(r'<section id="(\w+)"', page)) >= set(_module(module).__all__)
