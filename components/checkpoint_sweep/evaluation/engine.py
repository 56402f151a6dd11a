"""The engines by name; stock TFMA stands in where the default one cannot evaluate."""

from collections.abc import Iterator, Sequence

from absl import logging

from checkpoint_sweep.evaluation.fused.engine import evaluate_fused
from checkpoint_sweep.evaluation.preflight.support import unsupported_reason
from checkpoint_sweep.evaluation.request import Engine, EngineError, Evaluated, EvaluationRequest
from checkpoint_sweep.evaluation.stock.engine import evaluate_with_tfma


def get_engine(name: str) -> Engine:
    """Returns the engine of that name.

    Args:
        name: Name of the engine: "fused" for all candidates in one pass, or stock TFMA where that
            cannot evaluate; "tfma" for stock TFMA once for each candidate.

    Raises:
        EngineError: There is none of that name.
    """
    engines: dict[str, Engine] = {"fused": _fused_or_stock, "tfma": evaluate_with_tfma}
    if name not in engines:
        raise EngineError(f"There is no engine {name!r}; there are: {', '.join(sorted(engines))}.")
    return engines[name]


def _fused_or_stock(request: EvaluationRequest) -> Iterator[Sequence[Evaluated]]:
    """Evaluates with the fused engine, or with stock TFMA where it cannot, and says so."""
    baseline = [request.baseline] if request.baseline else []
    if reason := unsupported_reason(request.eval_config, [*request.candidates, *baseline]):
        logging.warning("Evaluating with stock TFMA, a run for each candidate: %s.", reason)
        return evaluate_with_tfma(request)
    return evaluate_fused(request)
