"""The choice of the best checkpoint: pure functions from a table of results to verdicts."""
