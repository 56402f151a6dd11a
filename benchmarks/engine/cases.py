"""What is measured, and what a measurement says."""

import dataclasses

ENGINE = "engine"
ENGINE_WITHOUT_FOLDS = "engine_without_folds"
TFMA_PER_CHECKPOINT = "tfma_per_checkpoint"
TFMA_ALL_MODELS = "tfma_all_models"
TFMA_NEWEST_STACK = "tfma_newest_stack"
ESTIMATOR_EVALUATE = "estimator_evaluate"
SLIM_EVALUATE_ONCE = "slim_evaluate_once"
KERAS_EVALUATE = "keras_evaluate"
BARE_SESSION_RUN = "bare_session_run"
CONTENDERS = (
    ENGINE,
    ENGINE_WITHOUT_FOLDS,
    TFMA_PER_CHECKPOINT,
    TFMA_ALL_MODELS,
    TFMA_NEWEST_STACK,
    ESTIMATOR_EVALUATE,
    SLIM_EVALUATE_ONCE,
    KERAS_EVALUATE,
    BARE_SESSION_RUN,
)


@dataclasses.dataclass(frozen=True, order=True)
class Case:
    """One contender on one size.

    Attributes:
        contender: Module in `benchmarks.engine.contenders`.
        examples: Number of examples that are evaluated.
        checkpoints: Number of checkpoints that are evaluated on them, the last ones of the run; all
            of them again under other names where the run has fewer.
    """

    contender: str
    examples: int
    checkpoints: int


@dataclasses.dataclass(frozen=True)
class CaseOutcome:
    """What a contender has computed, by which a reader sees that all did the same work.

    Attributes:
        examples: Number of evaluated examples, as the contender itself counted them; None when it
            does not count.
        auc: AUC of the last checkpoint on all examples; None when the contender has no metrics.
    """

    examples: int | None
    auc: float | None


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One process run of a case. Times are in seconds of wall time.

    Attributes:
        whole: Time from the end of the imports to complete results.
        start_up: Part of it up to the end of the first batch, summed over the checkpoints when a
            contender evaluates one after the other.
        steady: Part from there to the end of the last batch.
        finish: Rest: merging, derived metrics, writing.
        steady_examples: Number of examples in the batches of `steady`, summed likewise.
        start_up_parts: Parts of `start_up` by name.
        imports: Time of the imports, before the clock starts.
        stack: Versions of TFMA, TensorFlow and Python.
        peak_bytes: Largest resident memory of the process, imports included.
        outcome: What was computed.
    """

    whole: float
    start_up: float
    steady: float
    finish: float
    steady_examples: int
    start_up_parts: dict[str, float]
    imports: float
    stack: str
    peak_bytes: int
    outcome: CaseOutcome
