"""The container's command on Vertex AI, of tasks that have something for its console.

It calls TFX's own, which does not know the types that the console shows.
"""

import argparse
import json
import sys

from pipeline.kubeflow.console.fill import fill
from pipeline.kubeflow.console.outputs import SHOWS, take_out


def main(argv: list[str]) -> None:
    """Runs the executor that the arguments name.

    Args:
        argv: as the compiled pipeline gives them; all but `--shows` are for TFX's entrypoint.
    """
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--shows", choices=sorted(SHOWS.values()), required=True)
    parser.add_argument("--executor_class_path", required=True, help="module.Class")
    parser.add_argument(
        "--json_serialized_invocation_args", required=True, help="ExecutorInput, JSON"
    )
    parser.add_argument("--json_serialized_inputs_spec_args", help="ComponentInputsSpec, JSON")
    args, beam_args = parser.parse_known_args(argv)
    executor_input = json.loads(args.json_serialized_invocation_args)
    outputs = take_out(executor_input)
    args.json_serialized_invocation_args = json.dumps(executor_input)

    import tensorflow as tf
    from absl import flags
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

    flags.FLAGS(sys.argv[:1])
    kubeflow_v2_run_executor.main((args, beam_args))

    path = executor_input["outputs"]["outputFile"]
    with tf.io.gfile.GFile(path) as file:
        output = json.load(file)
    fill(output, args.shows, outputs, place=lambda uri: uri)
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(json.dumps(output))


if __name__ == "__main__":
    main(sys.argv[1:])
