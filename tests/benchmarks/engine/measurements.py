"""Made-up measurements."""

from benchmarks.engine.cases import CaseOutcome, Measurement


def measurement(whole: float, **changes) -> Measurement:
    """A measurement of which only some values matter."""
    values = {
        "whole": whole,
        "start_up": whole / 4,
        "steady": whole / 2,
        "finish": whole / 4,
        "steady_examples": 1000,
        "start_up_parts": {"load": whole / 8, "first batch": whole / 8},
        "imports": 1.0,
        "stack": "TFMA 1, TensorFlow 2",
        "peak_bytes": 1_000_000,
        "outcome": CaseOutcome(10, 0.5),
    }
    return Measurement(**{**values, **changes})
