"""Sums by fold of the examples, in the same pass, and metrics without one fold each."""
