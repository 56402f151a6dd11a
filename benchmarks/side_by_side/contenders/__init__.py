"""The four ways: each has `run(job)`, which does the whole job and returns the exported model."""
