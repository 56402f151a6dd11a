"""The stock Evaluator component on this library's engine."""
