"""Runs a sweep: checks, candidates, evaluation, choice, export."""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Sequence

import apache_beam as beam
from absl import logging
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common import progress
from checkpoint_sweep.common.eval_config import unvalidated_reason, with_defaults
from checkpoint_sweep.common.text import MOST_NAMED, some
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.candidates.evaluate import evaluate_candidates, output_of
from checkpoint_sweep.evaluation.candidates.fingerprint import (
    ChangedError,
    EvaluationFingerprint,
)
from checkpoint_sweep.evaluation.candidates.runner import CandidateEvaluator, SplitEvaluation
from checkpoint_sweep.evaluation.candidates.splits import SplitEvaluator, of_split
from checkpoint_sweep.evaluation.engine import get_engine
from checkpoint_sweep.evaluation.inputs.source import ExampleSource
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec, find_tracked_metrics
from checkpoint_sweep.evaluation.preflight.preflight import preflight
from checkpoint_sweep.evaluation.request import Engine, EvaluationRequest, Race
from checkpoint_sweep.evaluation.results.candidate import unsure_thresholds
from checkpoint_sweep.evaluation.results.files import BASELINE
from checkpoint_sweep.model_run.checkpoints import CheckpointError
from checkpoint_sweep.model_run.runs import RunCandidates, find_candidates
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.tensor_bundle import unreadable_reason
from checkpoint_sweep.selection.decision import choose
from checkpoint_sweep.selection.earliest_eligible import check_earliest_eligible
from checkpoint_sweep.selection.judgement import judge
from checkpoint_sweep.selection.metric_lookup import check_slice, complete_name, resolve_direction
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict
from checkpoint_sweep.sweeping.evaluated_export import export_evaluated
from checkpoint_sweep.sweeping.model_function import model_function, names_of, read_eval_graph
from checkpoint_sweep.sweeping.other_splits import (
    SplitOpeners,
    complete_thresholds,
    make_other_splits,
    tracked_on_choosing,
)
from checkpoint_sweep.sweeping.predictions.request import Predictions, PredictionsError
from checkpoint_sweep.sweeping.predictions.write import write_predictions
from checkpoint_sweep.sweeping.served_predictions import ServingError, check_predictions
from checkpoint_sweep.sweeping.settings import ModelPaths, SweepSettings
from checkpoint_sweep.sweeping.several_runs import check_runs


def run_sweep(
    settings: SweepSettings,
    models: ModelPaths,
    openers: SplitOpeners,
    make_pipeline: Callable[[], beam.Pipeline],
    evaluation: str,
    export_to: str,
    when_checked: Callable[[], None] | None = None,
) -> SweepVerdicts:
    """Evaluates every checkpoint, chooses one, and exports it.

    Args:
        settings: Settings of the sweep.
        models: Models to evaluate, and to compare with.
        openers: Openers of the examples to evaluate on.
        make_pipeline: Function that makes a new Beam pipeline.
        evaluation: Directory for the results and the ledger.
        export_to: Directory for the chosen as a SavedModel; it must not exist.
        when_checked: Function that is called when all has been checked and nothing evaluated;
            None for none.

    Returns:
        The choice, whether it is blessed, and a verdict on every candidate.

    Raises:
        UserError: The model run cannot be swept (CheckpointError, ExportedModelError), or
            selection, evaluation config, exported model and examples do not fit together
            (SelectionError, EvalConfigError, SignatureError, FeatureError, ExamplesError,
            EvaluationError, PredictionsError), or one of them changes meanwhile (ChangedError), or
            what is exported does not predict as the engine did (ServingError).
    """
    progress.enter("checking models and examples")
    check_runs(settings, models)
    whole = with_defaults(settings.eval_config, has_baseline=True)
    eval_graph = read_eval_graph(models, models.exports[0], whole)
    selection = complete_name(settings.selection, whole, names_of(eval_graph))
    direction = resolve_direction(selection, whole, names_of(eval_graph))
    selection = dataclasses.replace(selection, direction=direction)
    check_slice(selection, whole)
    settings = dataclasses.replace(
        settings,
        selection=selection,
        split_thresholds=complete_thresholds(
            settings.split_thresholds, whole, names_of(eval_graph)
        ),
    )
    check_earliest_eligible(
        selection.policy, _unvalidated_reason(whole, settings), settings.racing is not None
    )
    baseline = ModelSource.from_saved_model(BASELINE, models.baseline) if models.baseline else None
    eval_config = with_defaults(settings.eval_config, has_baseline=baseline is not None)
    engine, engine_name = get_engine(settings.engine), settings.engine
    saved_models = [*models.exports, *([baseline.saved_model] if baseline else [])]
    examples = openers.choosing(saved_models)
    splits = {name: opener(saved_models) for name, opener in openers.others.items()}
    added = None
    if eval_graph is not None:
        added = model_function(eval_graph, models, selection, settings, examples)
        engine_name = f"{settings.engine} and {added.digest}"
    warnings = []
    named_sources = {"": examples, **splits}.items()
    for (name, given), exported in itertools.product(named_sources, models.exports):
        with of_split(name):
            warnings += preflight(
                eval_config, given, exported, baseline, settings.engine, settings.cluster_key
            )
    for warning in dict.fromkeys(warnings):
        logging.warning(warning)
    candidates = _candidates(models, settings)
    named = _named(settings.predictions, candidates)
    tracked_metrics = find_tracked_metrics(
        eval_config,
        selection,
        settings.cluster_key,
        tracked_on_choosing(settings, eval_config, splits),
    )
    request = EvaluationRequest(
        candidates=list(candidates.sources.values()),
        baseline=baseline,
        outputs={s.name: output_of(evaluation, s) for s in candidates.sources.values()},
        eval_config=eval_config,
        read=examples.read,
        read_in_parts=examples.in_parts,
        make_pipeline=make_pipeline,
        tensor_adapter_config=examples.tensor_adapter_config,
        batch_size=settings.batch_size,
        memory_budget=settings.memory_budget,
        tracked_metrics=tracked_metrics,
        race=Race(settings.racing, selection.statistic, direction) if settings.racing else None,
    )

    def fingerprint(
        source: ExampleSource, config: config_pb2.EvalConfig, tracked: UncertaintySpec | None
    ) -> EvaluationFingerprint:
        return EvaluationFingerprint(
            config,
            list(source.patterns.values()),
            source.schema.SerializeToString(deterministic=True) if source.schema else b"",
            models.exports,
            baseline,
            engine_name,
            tracked,
        )

    def engine_on(source: ExampleSource) -> Engine:
        if added is None:
            return engine
        ends = (request.candidates[0], request.candidates[-1])
        return dataclasses.replace(added, examples=source, tried=ends).beside(engine)

    beside = None
    if splits or settings.split_thresholds:
        others = make_other_splits(splits, engine_on, request, settings, fingerprint)
        beside = SplitEvaluator(
            others,
            settings.split_thresholds,
            evaluation,
            selection,
            len(candidates.checkpoints),
            eval_config,
        )
    evaluator = CandidateEvaluator(
        SplitEvaluation(
            engine_on(examples), request, fingerprint(examples, eval_config, tracked_metrics)
        ),
        evaluation,
        selection,
        len(candidates.checkpoints),
        beside=beside,
    )
    if when_checked is not None:
        when_checked()
    counts = {name: source.counts for name, source in splits.items()}
    with progress.counting(examples.counts, counts):
        evaluate_candidates(evaluator, candidates, evaluation, direction, settings.averages)
    decision = choose(evaluator.results, direction, selection.policy, selection.level)
    unsure: Sequence[str] = ()
    if decision.winner is not None:
        chosen = output_of(evaluation, evaluator.sources[decision.winner.name])
        unsure = unsure_thresholds(chosen, selection, eval_config)
    unvalidated = _unvalidated_reason(eval_config, settings)
    verdicts = judge(decision, selection, direction, unvalidated, unsure)
    if decision.winner is not None:
        source = evaluator.sources[decision.winner.name]
        check = functools.partial(
            check_predictions, source, eval_config=eval_config, examples=examples
        )
        _export(source, decision.winner, export_to, check)
        named = [source, *(other for other in named if other.name != source.name)]
    if settings.predictions is not None:
        write_predictions(
            named, baseline, eval_config, examples, evaluation, settings.predictions.key
        )
    return verdicts


def _unvalidated_reason(eval_config: config_pb2.EvalConfig, settings: SweepSettings) -> str | None:
    """Says why meeting all thresholds validates nothing: one on a split demands something."""
    return None if settings.split_thresholds else unvalidated_reason(eval_config)


def _named(predictions: Predictions | None, candidates: RunCandidates) -> list[ModelSource]:
    """Finds the checkpoints whose predictions are asked for: of several runs, those of each.

    Raises:
        PredictionsError: One is no candidate.
    """
    by_step: dict[int, list[ModelSource]] = {}
    for checkpoint in candidates.checkpoints:
        if checkpoint.name in candidates.sources:
            by_step.setdefault(checkpoint.step, []).append(candidates.sources[checkpoint.name])
    for step in predictions.steps if predictions else ():
        if step not in by_step:
            known = some([str(step) for step in sorted(by_step)], MOST_NAMED)
            raise PredictionsError(
                Words("steps", "--predictions-step"),
                f" has {step}, and no checkpoint of that step is evaluated. There are: {known}.",
            )
    steps = predictions.steps if predictions else ()
    return [source for step in steps for source in by_step[step]]


def _candidates(models: ModelPaths, settings: SweepSettings) -> RunCandidates:
    """Selects the checkpoints to evaluate, and makes candidates of them."""
    found = find_candidates(models.runs, settings.steps, settings.step_from)
    for checkpoint in found.checkpoints:
        if reason := found.skipped.get(checkpoint.name):
            logging.warning("Skipping the checkpoint of %s: %s", checkpoint.label, reason)
    steps = [checkpoint.step for checkpoint in found.checkpoints]
    of_runs = f" of {len(models.runs)} runs" if len(models.runs) > 1 else ""
    if len(steps) == 1:
        logging.info("sweeping 1 checkpoint, step %d", *steps)
    else:
        logging.info(
            "sweeping %d checkpoints%s, step %d to %d", len(steps), of_runs, min(steps), max(steps)
        )
    return found


def _export(
    source: ModelSource, verdict: Verdict, directory: str, check: Callable[[str], None]
) -> None:
    progress.enter("exporting the chosen checkpoint")
    try:
        export_evaluated(source, directory, check)
    except (ChangedError, ServingError):
        raise
    except Exception as error:
        if changed := source.saved_model.states.changed():
            raise ChangedError(
                f"{changed[0]} was written again or deleted after it was read, so {verdict.name} "
                "is not exported. Sweep again."
            ) from error
        if reason := unreadable_reason(source):
            if verdict.is_average:
                raise CheckpointError(
                    f"{verdict.name} is chosen, and its weights can no longer be read: {reason}. "
                    "Sweep again."
                ) from error
            raise CheckpointError(
                f"The checkpoint of {verdict.label} is chosen, and can no longer be read: "
                f"{reason}. Restore it, or sweep again without it."
            ) from error
        raise
