"""The first task of a run: refuses what is wrong, says what the data and the baseline are made of.

It is never cached. Its outputs are part of the cache keys of the tasks that read the data and copy
the baseline: they, and all that follow, run again only when the content is another.
"""

import dataclasses
import json
import os
import sys
from pathlib import Path

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.json_safe import Json
from pipeline.kubeflow import parameters
from pipeline.kubeflow.task.mounts import base_folder, local_path
from pipeline.kubeflow.task.serving_folder import NO_MODEL, BaselineError, model_in
from pipeline.kubeflow.task.settings_check import check, parse
from pipeline.kubeflow.task_names import (
    BASELINE_FILES,
    DATA_CONTENT,
    DATA_FILES,
    MODEL_CONTENT,
    MODEL_SOURCE,
)


class DataError(UserError):
    """There is no data; the message says where."""


@dataclasses.dataclass(frozen=True)
class NamedFolder:
    """A folder that a parameter of the run names.

    Attributes:
        name: Name of the folder in the run.
        path: Path at which this container can open it.
    """

    name: str
    path: str


def main(argv: list[str]) -> None:
    """Writes the outputs that the arguments name.

    Raises:
        ConfigError: steps, metric, direction or engine cannot work.
        DataError: there is no data.
        BaselineError: there is no model at the baseline.
    """
    given = parse(argv, __doc__)
    task = given.task
    found = {DATA_CONTENT: data_content(named_folder(task, parameters.DATA, DATA_FILES))}
    found |= baseline(
        named_folder(task, parameters.BASELINE, BASELINE_FILES),
        parameters.pushed_folder(given.values[parameters.PUSH_DESTINATION]),
    )
    check(given)
    for name, output in task["outputs"]["parameters"].items():
        path = Path(output["outputFile"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found[name])
    print(json.dumps(found, indent=2))


def named_folder(task: Json, parameter: str, key: str) -> NamedFolder:
    """Finds a folder: where the launcher has put it, if it is an input, or at its own name.

    Args:
        task: An `ExecutorInput`.
        parameter: Parameter of the run that names the folder.
        key: Key of the input that holds it.
    """
    name = task["inputs"]["parameterValues"][parameter]
    is_input = key in task["inputs"].get("artifacts", {})
    return NamedFolder(name, local_path(name, base_folder()) if is_input else name)


def data_content(data: NamedFolder) -> str:
    """Digests the names and the content of the files of the data.

    Raises:
        DataError: there are none.
    """
    if not any(files for _, _, files in os.walk(data.path)):
        raise DataError(f"There is no data at {data.name}. Name its folder by the parameter data.")
    from checkpoint_sweep.common.digests import of_folder

    return of_folder(data.path)


def baseline(folder: NamedFolder, pushed: str) -> dict[str, str]:
    """Finds the model to compare with, and a digest of its files; `NO_MODEL` twice for none.

    Args:
        folder: Folder of the baseline; it may be that of versions, of which the newest counts.
        pushed: Folder that the run pushes to. There is none at first.

    Raises:
        BaselineError: it names no model.
    """
    if parameters.is_no_baseline(folder.name):
        return {MODEL_SOURCE: NO_MODEL, MODEL_CONTENT: NO_MODEL}
    import tensorflow as tf  # also on gs://

    from checkpoint_sweep.common.digests import of_folder

    def listed(path: str) -> list[str]:
        return tf.io.gfile.listdir(path) if tf.io.gfile.isdir(path) else []

    model = model_in(folder.path, listed, tf.io.gfile.exists)
    if model is None and folder.name != pushed:
        raise BaselineError(
            f"There is no model at {folder.name}. Name the deployed model's folder by the "
            "parameter baseline, or leave it empty when there is none."
        )
    if model is None:
        print(f"Nothing has been pushed to {pushed} yet: there is no baseline.")
        return {MODEL_SOURCE: NO_MODEL, MODEL_CONTENT: NO_MODEL}
    source = folder.name + model.removeprefix(folder.path)
    return {MODEL_SOURCE: source, MODEL_CONTENT: of_folder(model)}


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as error:
        sys.exit(f"error: {error}")
