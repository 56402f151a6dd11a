"""The task that copies the model to compare with into an artifact of the run."""

import argparse
import json
import sys
from pathlib import Path

from checkpoint_sweep.common.files import copy_folder
from pipeline.kubeflow.task.mounts import base_folder, local_path
from pipeline.kubeflow.task.serving_folder import MODEL_FORMAT, NO_MODEL, SOURCE
from pipeline.kubeflow.task_names import BASELINE_FILES, MODEL, MODEL_SOURCE


def main(argv: list[str]) -> None:
    """Copies the model that the arguments name, and says in the artifact which it is."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--executor_input", required=True, help="ExecutorInput, JSON")
    task = json.loads(parser.parse_args(argv).executor_input)
    source = task["inputs"]["parameterValues"][MODEL_SOURCE]
    (artifact,) = task["outputs"]["artifacts"][MODEL]["artifacts"]
    if source != NO_MODEL:
        is_input = BASELINE_FILES in task["inputs"].get("artifacts", {})
        copy_model(
            local_path(source, base_folder()) if is_input else source,
            Path(local_path(artifact["uri"], base_folder()), MODEL_FORMAT),
        )
    said = {"name": artifact["name"], "uri": artifact["uri"], "metadata": {SOURCE: source}}
    output_file = Path(task["outputs"]["outputFile"])
    output_file.parent.mkdir(parents=True, exist_ok=True)
    output_file.write_text(json.dumps({"artifacts": {MODEL: {"artifacts": [said]}}}))


def copy_model(source: str, target: Path) -> None:
    """Copies a folder from any file system to a local one.

    Raises:
        FileNotFoundError: there is nothing.
    """
    import tensorflow as tf

    if not tf.io.gfile.isdir(source):
        raise FileNotFoundError(f"There is no model at {source} any more. Run the pipeline again.")
    copy_folder(source, str(target))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        sys.exit(f"error: {error}")
