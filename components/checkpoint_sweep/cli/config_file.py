"""Options that a file in the current folder gives, so that a command need not name them.

# checkpoint-sweep.toml, or the table [tool.checkpoint-sweep] of pyproject.toml
run = "run"
model = "export"
examples = ["eval-*.tfrecord"]
config = "eval_config.pbtxt"
select = "auc"
"""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from checkpoint_sweep.cli import screen
from checkpoint_sweep.common.errors import SweepError

OWN_FILE, PROJECT_FILE = "checkpoint-sweep.toml", "pyproject.toml"
TABLE = "tool.checkpoint-sweep"
_EVALUATE = ("sweep", "watch")
# What other commands mean by these options is what a sweep means by them.
_TAKEN = {
    "init": {"model", "examples", "schema", "encoding", "split"},
    "export": {"run", "model", "step-from"},
    "export-graph": {"run", "step-from"},
    "prune": {"run", "model", "step-from"},
}


class ConfigFileError(SweepError):
    """The file of options cannot be read; the message says what to change."""


def defaults(group: TyperGroup, command: str, folder: Path) -> dict[str, Any]:
    """Reads the defaults of a command's parameters, by their names in Python.

    Args:
        group: All commands.
        command: Name of the command.
        folder: Folder of the file.

    Raises:
        ConfigFileError: A key is no option of `sweep` or `watch`, a value is not of its type, the
            file is no TOML, or both files have options.
    """
    if command not in (*_EVALUATE, *_TAKEN):
        return {}
    file, content = _read(folder)
    known = {name: p for of in _EVALUATE for name, p in _parameters(group.commands[of]).items()}
    for key in content:
        if key not in known:
            raise ConfigFileError(
                f"{file} has the key {key!r}, which is not an option of `sweep` or `watch`. "
                "Remove it, "
                f"or name one of these: {', '.join(sorted(known))}."
            )
    own = _parameters(group.commands[command])
    taken = {
        key
        for key in _TAKEN.get(command, set(own)) & content.keys()
        # What takes one run has no default in the runs of a sweep of several.
        if not (isinstance(content[key], list) and _several(known[key]) > _several(own[key]))
    }
    return {own[key].name: _value(file, key, own[key], content[key]) for key in sorted(taken)}


def reading_config_file(about: Callable[..., None]) -> Callable[..., None]:
    """Has the callback of a command line read the file before a command takes its options.

    Args:
        about: Callback, which keeps its parameters.
    """

    def callback(context: typer.Context, **values: Any) -> None:
        about(**values)
        group, command = context.command, context.invoked_subcommand
        if isinstance(group, TyperGroup) and command is not None:
            try:
                context.default_map = {command: defaults(group, command, Path())}
            except ConfigFileError as error:
                screen.fail(str(error))
            _add_negations(group.commands[command], context.default_map[command])

    own = inspect.signature(about).parameters.values()
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [context, *(p.replace(kind=p.KEYWORD_ONLY) for p in own)]
    callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return callback


def _add_negations(command: TyperCommand | Any, given: Mapping[str, Any]) -> None:
    """Adds `--no-race` for `race = true`, and the like: else it could not be switched off."""
    for key, parameter in _parameters(command).items():
        if given.get(parameter.name) is True:
            parameter.secondary_opts = [f"--no-{key}"]


def _read(folder: Path) -> tuple[str, Mapping[str, Any]]:
    """Returns the name of the file, and its options; none without a file."""
    found: dict[str, Any] = {}
    if (folder / OWN_FILE).is_file():
        found[OWN_FILE] = _parsed(folder / OWN_FILE)
    if (folder / PROJECT_FILE).is_file():
        *above, last = TABLE.split(".")
        table: Any = _parsed(folder / PROJECT_FILE)
        for name in above:
            table = table.get(name, {}) if isinstance(table, dict) else {}
        if isinstance(table, dict) and last in table:
            found[PROJECT_FILE] = table[last]
    if len(found) > 1:
        raise ConfigFileError(
            f"Both {OWN_FILE} and [{TABLE}] of {PROJECT_FILE} have options. Keep one of them."
        )
    for file, content in found.items():
        if not isinstance(content, dict):
            raise ConfigFileError(
                f"{TABLE} of {file} is not a table. Write [{TABLE}] above options."
            )
        return file, content
    return OWN_FILE, {}


def _parsed(path: Path) -> dict[str, Any]:
    import tomli  # Only where there is a file.

    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigFileError(
            f"{path.name} cannot be read: {error}. Write it as TOML, in UTF-8."
        ) from error


def _parameters(command: TyperCommand | Any) -> dict[str, Any]:
    """Lists parameters by their names on the command line, without dashes before them."""
    return {parameter.opts[0].lstrip("-"): parameter for parameter in command.params}


def _value(file: str, key: str, parameter: Any, given: Any) -> Any:
    """Converts a value as the command line would; a single one may stand for a list of one."""
    several = _several(parameter)
    values = given if several and isinstance(given, list) else [given]
    wants_flag = parameter.type.name == "boolean"
    for value in values:
        try:
            if isinstance(value, bool) != wants_flag or not isinstance(value, str | int | float):
                kind = "true or false" if wants_flag else "text or a number"
                raise typer.BadParameter(f"{value!r} is not {kind}.")
            parameter.type.convert(value, parameter, None)
        except typer.BadParameter as error:
            raise ConfigFileError(f"{file}, {key}: {error.message} Change it.") from error
    return values if several else given


def _several(parameter: Any) -> bool:
    """Tells whether a parameter takes several values."""
    return bool(getattr(parameter, "multiple", False)) or parameter.nargs == -1
