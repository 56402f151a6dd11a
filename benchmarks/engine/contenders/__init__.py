"""The ways of evaluating K checkpoints that are compared: one file each.

Each has ``run(problem, case, scratch, stamps)``, which stamps `START` when what may be prepared
is, `BATCH` after each batch and `END` when the results are complete, and returns a function that
reads the `CaseOutcome` once the clock has stopped.
"""
