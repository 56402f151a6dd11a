"""Sums by fold of the examples, in the same pass, and metrics with one fold left out."""
