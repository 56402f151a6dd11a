"""The engines there are, by the name that a component's parameter has."""

from components.evaluation.engine import Engine
from components.evaluation.one_pass import evaluate_in_one_pass
from components.evaluation.reference import evaluate_with_tfma

DEFAULT_ENGINE = "fused"


def get_engine(name: str) -> Engine:
    """The engine of that name.

    Args:
        name: "fused", all candidates in one pass, or "tfma", stock TFMA once for each candidate.

    Raises:
        ValueError: there is none of that name.
    """
    engines: dict[str, Engine] = {"fused": evaluate_in_one_pass, "tfma": evaluate_with_tfma}
    if name not in engines:
        raise ValueError(f"There is no engine {name!r}; there are: {', '.join(sorted(engines))}.")
    return engines[name]
