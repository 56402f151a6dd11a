"""The first task of a run on Vertex AI: refuses settings that cannot work, before any training.

On Kubeflow, the task `Inputs` does it too.
"""

import argparse
import dataclasses
import json
import sys

from checkpoint_sweep.common.json_safe import Json
from pipeline.kubeflow.task.run_settings import check_settings, settings_of


@dataclasses.dataclass(frozen=True)
class CheckInput:
    """What such a task is given.

    Attributes:
        problem: Name of the problem.
        compiled: Defaults of the run's parameters.
        task: An `ExecutorInput`, with the parameters of the run.
    """

    problem: str
    compiled: Json
    task: Json

    @property
    def values(self) -> Json:
        """The parameters of the run."""
        values: Json = self.task["inputs"]["parameterValues"]
        return values


def parse(argv: list[str], description: str) -> CheckInput:
    """Parses the arguments as the compiled pipeline gives them."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument("--problem", required=True)
    parser.add_argument("--compiled", required=True, help="defaults of the run's parameters, JSON")
    parser.add_argument("--executor_input", required=True, help="ExecutorInput, JSON")
    args = parser.parse_args(argv)
    return CheckInput(args.problem, json.loads(args.compiled), json.loads(args.executor_input))


def check(given: CheckInput) -> None:
    """Checks the settings of the run, where they are others than were compiled.

    Raises:
        ConfigError: steps, metric, direction or engine cannot work.
    """
    # Those that were compiled have been checked, which takes TFMA.
    if settings_of(given.values) != settings_of(given.compiled):
        check_settings(given.problem, given.values)


if __name__ == "__main__":
    try:
        check(parse(sys.argv[1:], __doc__))
    except ValueError as error:
        sys.exit(f"error: {error}")
