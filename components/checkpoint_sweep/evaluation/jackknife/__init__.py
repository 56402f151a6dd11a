"""Sums by bucket of examples, in the same pass, and metrics with one bucket left out."""
