"""Fingerprints of source code, so that what edited code has made is not served from a cache."""

import ast
import functools
import hashlib
import importlib.util
import site
import sysconfig
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib.machinery import PathFinder
from pathlib import Path

_PACKAGES = frozenset({"site-packages", "dist-packages"})  # Folders of package managers.
# Fields with statements, or with what has such: handlers of a `try`, cases of a `match`.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def fingerprint(modules: Iterable[str]) -> str:
    """Digests the source of modules and of what they import: 16 hexadecimal characters.

    Imports are followed as far as they lead to one's own code: modules of the same top-level
    package as the one that imports, or that no package manager has installed. Nothing is run.

    Raises:
        ModuleNotFoundError: One of `modules` does not exist or is not written in Python.
    """
    return digest_sources(import_closure(modules))


def digest_sources(sources: Mapping[str, Path]) -> str:
    """Digests source files by module name: 16 hexadecimal characters."""
    digest = hashlib.sha256()
    for name, path in sorted(sources.items()):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def import_closure(modules: Iterable[str], whole: Collection[str] = ()) -> dict[str, Path]:
    """Finds the source files of modules and of one's own code that they import, by module name.

    Args:
        modules: Names of modules.
        whole: Names of large packages of which all sources are taken where one is reached, instead
            of looking for what each of them imports.

    Raises:
        ModuleNotFoundError: One of `modules` does not exist or is not written in Python.
    """
    found: dict[str, Path] = {}
    todo: list[str] = []
    known: set[tuple[str, bool]] = set()
    folders = _folders_of_installed()
    find_source = functools.cache(_source)  # The same modules are imported again and again.
    for name in modules:
        if find_source(name) is None:
            raise ModuleNotFoundError(f"There is no Python source of the module {name!r}.")
        todo += _with_parents(name)
    while todo:
        name = todo.pop()
        path = find_source(name)
        if name in found or path is None:
            continue
        if (top := name.partition(".")[0]) in whole:
            found |= _sources_below(top)
            continue
        found[name] = path
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for imported in _imports(path.read_bytes(), package):
            related = imported.partition(".")[0] == name.partition(".")[0]
            if (imported, related) in known:
                continue
            known.add((imported, related))
            source = find_source(imported)
            if source is not None and (related or not _is_installed(source, folders)):
                todo.append(imported)
    return found


def _sources_below(package: str) -> dict[str, Path]:
    """Finds all source files of a package, by the names that they have as modules."""
    init = _source(package)
    if init is None:
        return {}
    folder = init.parent
    names = {path: path.relative_to(folder.parent).with_suffix("") for path in folder.rglob("*.py")}
    return {".".join(n.parts).removesuffix(".__init__"): path for path, n in names.items()}


@functools.cache  # One run asks for the same modules several times.
def _imports(source: bytes, package: str) -> tuple[str, ...]:
    """Names of what a module's source imports, each once, and of the packages around it."""
    return tuple(dict.fromkeys(_imported(ast.parse(source), package)))


def _imported(tree: ast.AST, package: str) -> Iterator[str]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            yield from _with_parents(base)
            # A name that is imported from a package may be a module.
            yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Lists all statements; `ast.walk` looks at each expression too, ten times as many."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        for field in _BLOCKS:
            todo.extend(getattr(node, field, ()))


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _source(name: str) -> Path | None:
    """Finds the source file of a module; None if there is none.

    Level by level, because `importlib.util.find_spec` imports the packages above a module.
    """
    top, *below = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None
    for part in below:
        if spec is None or spec.submodule_search_locations is None:
            return None
        locations = list(spec.submodule_search_locations)
        # Without the names above: a namespace package looks for its parent among what is imported.
        spec = PathFinder.find_spec(part, locations)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin)


def _folders_of_installed() -> frozenset[Path]:
    """Lists the folders into which Python itself and package managers write.

    An environment on top of another one has the packages of both, and lists its own folder only.
    """
    folders = {sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {*site.getsitepackages(), site.getusersitepackages()}
    return frozenset(Path(folder).resolve() for folder in folders)


def _is_installed(path: Path, folders: frozenset[Path]) -> bool:
    path = path.resolve()
    return not _PACKAGES.isdisjoint(path.parts) or not folders.isdisjoint(path.parents)
