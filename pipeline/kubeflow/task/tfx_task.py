"""One TFX executor in a container: the arguments that were compiled, and TFX's own entrypoint.

Kubeflow's entrypoint and Vertex AI's put around it what they have to translate.
"""

import argparse
import json
import sys

from checkpoint_sweep.common.json_safe import Json
from pipeline.kubeflow.console_outputs import SHOWS
from pipeline.kubeflow.task.run_settings import executor_of, settle


def parse(argv: list[str], description: str) -> tuple[argparse.Namespace, list[str]]:
    """Parses the arguments as the compiled pipeline gives them, apart from options for Beam."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument("--executor_class_path", required=True, help="module.Class")
    parser.add_argument(
        "--json_serialized_invocation_args", required=True, help="ExecutorInput, JSON"
    )
    parser.add_argument(
        "--json_serialized_inputs_spec_args", required=True, help="ComponentInputsSpec, JSON"
    )
    parser.add_argument("--shows", choices=sorted(SHOWS.values()), help="in the console")
    return parser.parse_known_args(argv)


def run(args: argparse.Namespace, executor_input: Json, beam_args: list[str]) -> None:
    """Runs the executor that the arguments name, with the settings of the run.

    Args:
        args: Arguments, see `parse`.
        executor_input: An `ExecutorInput` that TFX understands, but for the settings.
        beam_args: Options for Beam.
    """
    inputs = executor_input.get("inputs", {})
    values = inputs.get("parameterValues", {})
    settled = {**executor_input, "inputs": {**inputs, "parameterValues": settle(values)}}
    wanted = {
        "executor_class_path": executor_of(args.executor_class_path, values),
        "json_serialized_invocation_args": json.dumps(settled),
    }

    # Only now: errors before it need not wait for the seconds that these take.
    from absl import flags
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

    flags.FLAGS(sys.argv[:1])
    kubeflow_v2_run_executor.main((argparse.Namespace(**vars(args) | wanted), beam_args))
