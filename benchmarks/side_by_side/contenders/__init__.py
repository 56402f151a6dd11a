"""The contenders: each has `run(job)`, which does the job and returns the exported model."""
