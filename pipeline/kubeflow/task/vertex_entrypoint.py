"""The container's command on Vertex AI: runs one TFX executor.

TFX's own entrypoint knows neither the settings of a run nor the types that the console shows.
"""

import json
import sys

from pipeline.kubeflow.console_outputs import take_out
from pipeline.kubeflow.task import tfx_task
from pipeline.kubeflow.task.console.fill import fill


def main(argv: list[str]) -> None:
    """Runs the executor that the arguments name.

    Args:
        argv: Arguments as the compiled pipeline gives them; unknown ones are options for Beam.
    """
    args, beam_args = tfx_task.parse(argv, __doc__)
    executor_input = json.loads(args.json_serialized_invocation_args)
    shown = take_out(executor_input) if args.shows else {}
    tfx_task.run(args, executor_input, beam_args)
    if args.shows:
        _fill(executor_input["outputs"]["outputFile"], args.shows, shown)


def _fill(path: str, shows: str, outputs: dict[str, dict[str, str]]) -> None:
    import tensorflow as tf  # also on gs://

    with tf.io.gfile.GFile(path) as file:
        output = json.load(file)
    fill(output, shows, outputs, executor_path=lambda uri: uri)
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(json.dumps(output))


if __name__ == "__main__":
    main(sys.argv[1:])
