"""The container's command on Kubeflow Pipelines 2.x: runs one TFX executor.

TFX's own entrypoint fits Vertex AI. Kubeflow's driver leaves the types of inputs empty and names
artifacts by URIs that TensorFlow may not open, while its launcher copies them to and from folders
in the pod. This one translates, and leaves the rest to TFX's.
"""

import json
import sys
from pathlib import Path

from pipeline.kubeflow.console_outputs import take_out
from pipeline.kubeflow.task import tfx_task
from pipeline.kubeflow.task.console.fill import fill
from pipeline.kubeflow.task.executor_input import localize, restore
from pipeline.kubeflow.task.mounts import MountError, base_folder, executor_path, runs_here
from pipeline.kubeflow.task.written_paths import write_uris


def main(argv: list[str]) -> None:
    """Runs the executor that the arguments name.

    Args:
        argv: Arguments as the compiled pipeline gives them; unknown ones are options for Beam.

    Raises:
        MountError: an input cannot be read.
    """
    args, beam_args = tfx_task.parse(argv, __doc__)
    executor_input = json.loads(args.json_serialized_invocation_args)
    shown = take_out(executor_input) if args.shows else {}
    base, in_container = base_folder(), runs_here(beam_args)
    inputs_spec = json.loads(args.json_serialized_inputs_spec_args)
    task = localize(executor_input, inputs_spec, base, in_container)
    for folder in task.output_folders:
        Path(folder).mkdir(parents=True, exist_ok=True)
    tfx_task.run(args, task.executor_input, beam_args)
    output_file = Path(task.executor_input["outputs"]["outputFile"])
    output = restore(json.loads(output_file.read_text()), task.uris)
    write_uris(task.output_folders, task.uris)
    if args.shows:
        fill(output, args.shows, shown, lambda uri: executor_path(uri, base, in_container))
    output_file.write_text(json.dumps(output))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except MountError as error:
        sys.exit(f"error: {error}")
