"""The stock Evaluator component on this project's engine."""

from checkpoint_sweep.tfx_components.evaluator.component import Evaluator

__all__ = ["Evaluator"]
