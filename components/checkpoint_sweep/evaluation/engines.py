"""The engines there are, by the name that a component's parameter has."""

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.evaluation.engine import Engine
from checkpoint_sweep.evaluation.one_pass import evaluate_in_one_pass
from checkpoint_sweep.evaluation.stock import evaluate_with_tfma

DEFAULT_ENGINE = "fused"


class EngineError(UserError):
    """There is no such engine."""


def get_engine(name: str) -> Engine:
    """The engine of that name.

    Args:
        name: "fused", all candidates in one pass, or "tfma", stock TFMA once for each candidate.

    Raises:
        EngineError: there is none of that name.
    """
    engines: dict[str, Engine] = {"fused": evaluate_in_one_pass, "tfma": evaluate_with_tfma}
    if name not in engines:
        raise EngineError(f"There is no engine {name!r}; there are: {', '.join(sorted(engines))}.")
    return engines[name]
