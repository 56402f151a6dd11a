"""A sweep from options to the exported choice, wherever run and examples come from."""
