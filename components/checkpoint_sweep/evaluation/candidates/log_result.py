"""The lines that a log has of candidates once they are evaluated, or reused."""

from absl import logging

from checkpoint_sweep.selection.formatting import aligned
from checkpoint_sweep.selection.policies import CandidateResult


def log_result(
    result: CandidateResult, metric: str, number: str, title: str = "", level: int = logging.INFO
) -> None:
    """Logs the outcome of a candidate; an average that is skipped is a warning.

    Args:
        result: Result of the candidate.
        metric: Name of the selection metric.
        number: Number of the checkpoint, and how many there are: "2 of 20".
        title: Beginning of the line.
        level: Level of the line.
    """
    missed = len(result.threshold_failures)
    value = "no value" if result.value is None else f"{metric} = {aligned(result.value)}"
    thresholds = "threshold" if missed == 1 else "thresholds"
    outcome = result.excluded_reason or value + (
        f", {missed} {thresholds} missed" if missed else ""
    )
    if result.averaged is None:
        logging.log(level, "%scheckpoint %s, %s: %s", title, number, result.label, outcome)
    elif result.excluded_reason:
        logging.warning("%sSkipping %s: %s", title, result.name, result.excluded_reason)
    else:
        steps = ", ".join(map(str, result.averaged))
        logging.log(level, "%s%s, of the steps %s: %s", title, result.name, steps, outcome)


def log_reuse(title: str, reused: int, left: int) -> None:
    """Logs how many results are an earlier sweep's.

    Args:
        title: Beginning of the line.
        reused: Number of results that are reused.
        left: Number of candidates that are left to evaluate.
    """
    results = "result" if reused == 1 else "results"
    logging.info("%sreusing %d earlier %s, %d to evaluate", title, reused, results, left)
