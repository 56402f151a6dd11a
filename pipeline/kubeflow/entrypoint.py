"""The container's command on Kubeflow Pipelines 2.x: runs one TFX executor.

TFX's own entrypoint fits Vertex AI. Kubeflow's driver leaves the types of inputs empty and names
artifacts by URIs that TensorFlow may not open, while its launcher copies them to and from folders
in the pod. This one translates, and leaves the rest to TFX's.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from pipeline.kubeflow.executor_input import localize, restore
from pipeline.kubeflow.mounts import MountError, runs_here
from pipeline.kubeflow.written_paths import write_uris

# Folder that holds the launcher's mounts; "/" in a pod.
MOUNTS_VARIABLE = "CHECKPOINT_SWEEP_MOUNTS"


def main(argv: list[str]) -> None:
    """Runs the executor that the arguments name.

    Args:
        argv: as the compiled pipeline gives them; unknown ones are options for Beam.

    Raises:
        MountError: an input cannot be read.
    """
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--executor_class_path", required=True, help="module.Class")
    parser.add_argument(
        "--json_serialized_invocation_args", required=True, help="ExecutorInput, JSON"
    )
    parser.add_argument(
        "--json_serialized_inputs_spec_args", required=True, help="ComponentInputsSpec, JSON"
    )
    args, beam_args = parser.parse_known_args(argv)
    task = localize(
        json.loads(args.json_serialized_invocation_args),
        json.loads(args.json_serialized_inputs_spec_args),
        base=os.environ.get(MOUNTS_VARIABLE, "/"),
        in_container=runs_here(beam_args),
    )
    for folder in task.output_folders:
        Path(folder).mkdir(parents=True, exist_ok=True)
    args.json_serialized_invocation_args = json.dumps(task.executor_input)

    # Only now: errors above need not wait for the seconds that these take.
    from absl import flags
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

    flags.FLAGS(sys.argv[:1])
    kubeflow_v2_run_executor.main((args, beam_args))

    output_file = Path(task.executor_input["outputs"]["outputFile"])
    output = restore(json.loads(output_file.read_text()), task.uris)
    output_file.write_text(json.dumps(output))
    write_uris(task.output_folders, task.uris)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except MountError as error:
        sys.exit(f"error: {error}")
