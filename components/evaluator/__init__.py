"""The stock Evaluator component on this project's engine."""

from components.evaluator.component import Evaluator

__all__ = ["Evaluator"]
