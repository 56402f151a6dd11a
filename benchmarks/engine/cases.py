"""What is measured, and what a measurement says."""

import dataclasses

ENGINE = "engine"
TFMA_PER_CHECKPOINT = "tfma_per_checkpoint"
TFMA_ALL_MODELS = "tfma_all_models"
ESTIMATOR_EVALUATE = "estimator_evaluate"
SLIM_EVALUATE_ONCE = "slim_evaluate_once"
BARE_SESSION_RUN = "bare_session_run"
CONTENDERS = (
    ENGINE,
    TFMA_PER_CHECKPOINT,
    TFMA_ALL_MODELS,
    ESTIMATOR_EVALUATE,
    SLIM_EVALUATE_ONCE,
    BARE_SESSION_RUN,
)


@dataclasses.dataclass(frozen=True, order=True)
class Case:
    """One way of evaluating, on one size.

    Attributes:
        contender: the module in `benchmarks.engine.contenders`.
        examples: how many examples are evaluated.
        checkpoints: how many checkpoints are evaluated on them, the last ones of the run.
    """

    contender: str
    examples: int
    checkpoints: int


@dataclasses.dataclass(frozen=True)
class CaseOutcome:
    """What a way has computed, so that a reader sees that all ways did the same work.

    Attributes:
        examples: evaluated, as the way itself counted them; None when it does not count.
        auc: of the last checkpoint on all examples; None when the way has no metrics.
    """

    examples: int | None
    auc: float | None


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One process run of a case. Times are in seconds of wall time.

    Attributes:
        whole: from the end of the imports to complete results.
        start_up: the part of it up to the end of the first batch, summed over the checkpoints
            when a way evaluates one after the other.
        steady: the part from there to the end of the last batch.
        finish: the rest: merging, derived metrics, writing.
        steady_examples: examples in the batches of `steady`, summed likewise.
        start_up_parts: what `start_up` consists of.
        imports: before the clock starts.
        peak_bytes: the largest resident memory of the process, imports included.
        outcome: what was computed.
    """

    whole: float
    start_up: float
    steady: float
    finish: float
    steady_examples: int
    start_up_parts: dict[str, float]
    imports: float
    peak_bytes: int
    outcome: CaseOutcome
