"""The problems there are.

A file of its own: what it imports, and a new problem, must not make the models of others stale.
"""

from checkpoint_sweep.common.errors import UserError
from pipeline.problems.problem import Problem, load

DEFAULT = "taxi"


class UnknownProblemError(UserError):
    """There is no problem of a name; the message lists those there are."""


def definitions() -> dict[str, str]:
    """Lists the functions that define problems, by the problem's name."""
    return {
        "taxi": "pipeline.problems.taxi.problem.taxi",
        "fares": "pipeline.problems.fares.problem.fares",
        "digits": "pipeline.problems.digits.problem.digits",
        "digits_resnet": "pipeline.problems.digits.problem.digits_resnet",
        "resnet_keras": "pipeline.problems.resnet_keras.problem.resnet_keras",
    }


def get(name: str) -> Problem:
    """Finds the problem of a name.

    Raises:
        UnknownProblemError: there is none.
    """
    known = definitions()
    if name not in known:
        raise UnknownProblemError(
            f"There is no problem {name!r}; there are: {', '.join(known)}. Name one by --problem."
        )
    problem: Problem = load(known[name])()
    return problem
