"""The contenders, each of which evaluates K checkpoints: one file each, and what some share.

Each has ``run(prepared, case, scratch, events)``, which records `START` when what may be prepared
is, `BATCH` after each batch and `END` when the results are complete, and returns a function that
reads the `CaseOutcome` once the clock has stopped.
"""
