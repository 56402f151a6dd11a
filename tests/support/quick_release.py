"""Leaves to Python's own search for garbage what the engine lets go of after each evaluation.

The engine searches at once and everywhere, so that models of one group are gone before the next
ones are loaded. Models of tests are small, and the search walks through all that a session's tests
have made, dozens of milliseconds for each sweep. What memory an evaluation takes is measured in
processes of their own (`peak_memory`).
"""

import types

from checkpoint_sweep.evaluation.fused import loading


def use() -> None:
    """Leaves it to Python from now on, in this process and in those that are forked from it."""
    loading.gc = types.SimpleNamespace(collect=lambda: 0)  # type: ignore[assignment]
