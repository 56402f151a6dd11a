"""The engines there are, by the name that a component's parameter has."""

from components.evaluation.engine import Engine
from components.evaluation.reference import evaluate_with_tfma


def get_engine(name: str) -> Engine:
    """The engine of that name.

    Raises:
        ValueError: there is none of that name.
    """
    engines: dict[str, Engine] = {"tfma": evaluate_with_tfma}
    if name not in engines:
        raise ValueError(f"There is no engine {name!r}; there are: {', '.join(sorted(engines))}.")
    return engines[name]
