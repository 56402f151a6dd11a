"""Which checkpoint is the best: pure functions from a table of results to verdicts."""
