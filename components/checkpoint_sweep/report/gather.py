"""Puts together what a sweep left behind: the only file that reads all of it."""

import contextlib
import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf
import tensorflow_model_analysis as tfma
from absl import logging
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.writers import eval_config_writer

from checkpoint_sweep.common.json_safe import finite_or_none
from checkpoint_sweep.common.names import MetricName, ModelNames, SliceName
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.results.candidate import read_predictions
from checkpoint_sweep.evaluation.results.ledger import Entry, EntryStatus, read_ledger
from checkpoint_sweep.evaluation.results.rarer_labels import read_rarer_labels
from checkpoint_sweep.report.document import (
    Candidate,
    Losses,
    Report,
    ReportedThreshold,
    Table,
    Uncertainty,
)
from checkpoint_sweep.report.read_disagreements import read_disagreements
from checkpoint_sweep.report.read_losses import read_losses
from checkpoint_sweep.report.read_plots import read_plots
from checkpoint_sweep.report.read_results import (
    Interval,
    Key,
    Results,
    has_results,
    read_results,
    with_decisive,
)
from checkpoint_sweep.report.read_splits import read_splits
from checkpoint_sweep.report.thinning import thin_with
from checkpoint_sweep.selection.criteria import LEVEL
from checkpoint_sweep.selection.metric_kinds import MetricKinds
from checkpoint_sweep.selection.sweep_verdicts import SweepVerdicts
from checkpoint_sweep.selection.thresholds import read_thresholds
from checkpoint_sweep.selection.verdict import Verdict
from checkpoint_sweep.version import __version__

MOST_PLOTS = 20


def gather(
    evaluation: str,
    decision: SweepVerdicts | None = None,
    model_run: str | None = None,
    made: Mapping[str, Any] | None = None,
) -> Report:
    """Reads ledger, results, plots and losses.

    Args:
        evaluation: Directory of the sweep's evaluation artifact.
        decision: Decision of the sweep; None where it is not known.
        model_run: Directory of the checkpoints; None without losses.
        made: Provenance of the sweep, as far as its files do not tell it.

    Raises:
        ValueError, OSError, tf.errors.OpError: There is no ledger, or something is damaged.
    """
    entries = [entry for entry in read_ledger(evaluation) if entry.status is not EntryStatus.TRIAL]
    folders = {e.name: os.path.join(evaluation, e.name) for e in entries}
    evaluated = [
        entry.name
        for entry in entries
        if entry.status is EntryStatus.EVALUATED and has_results(folders[entry.name])
    ]
    config = _eval_config([folders[name] for name in evaluated])
    models = ModelNames.of(config)
    verdicts = {verdict.name: verdict for verdict in (decision.verdicts if decision else ())}
    level = decision.selection.level if decision else LEVEL
    results = {name: read_results(folders[name], models, level) for name in evaluated}
    if decision is not None and decision.selection.is_composite:
        results = {
            name: with_decisive(found, decision.selection, verdicts.get(name))
            for name, found in results.items()
        }
    slices, metrics = _axes(results.values())
    baseline = next((r.baseline for r in results.values() if r.baseline), None)
    plots = {}
    for name in thin_with(evaluated, decision.chosen if decision else None, MOST_PLOTS):
        with _dispensable(f"plots of {folders[name]}"):
            if found := read_plots(folders[name], models.candidate):
                plots[name] = found
    losses, disagreements = Losses(), []
    if model_run:
        with _dispensable(f"losses of {model_run}"):
            losses = read_losses(model_run)
    if decision is not None:
        with _dispensable("disagreements"):
            output = decision.selection.output_name
            disagreements = read_disagreements(evaluation, decision.chosen, output)
    rarer_labels = read_rarer_labels([folders[name] for name in evaluated], models.candidate)
    return Report(
        decision=decision,
        metrics=metrics,
        slices=slices,
        candidates=[_candidate(e, folders[e.name], verdicts.get(e.name)) for e in entries],
        values={name: _table(r.values, slices, metrics) for name, r in results.items()},
        baseline=_table(baseline, slices, metrics) if baseline else None,
        intervals=list(_uncertain({n: r.intervals for n, r in results.items()}, slices, metrics)),
        changes=list(_uncertain({n: r.changes for n, r in results.items()}, slices, metrics)),
        thresholds=_thresholds(config),
        plots=plots,
        losses=losses,
        made={**_versions(), **(made or {})},
        rarer_labels=[rarer_labels.get(slice_key) for slice_key in slices] if rarer_labels else [],
        kinds=list(map(MetricKinds.of_config(config).of, metrics)),
        disagreements=disagreements,
        splits=read_splits(evaluation, models.candidate, slices, metrics, decision),
    )


@contextlib.contextmanager
def _dispensable(what: str) -> Iterator[None]:
    """Has a warning say what is damaged: a report without it is better than none."""
    try:
        yield
    except (ValueError, OSError, tf.errors.OpError) as error:
        logging.warning("The report has no %s: %s", what, first_line(error))


def _versions() -> dict[str, str]:
    """Returns the versions of this library and of what it computes with."""
    return {
        "checkpoint_sweep": __version__,
        "tensorflow_model_analysis": tfma.__version__,
        "tensorflow": tf.__version__,
        "python": platform.python_version(),
    }


def _eval_config(folders: Iterable[str]) -> config_pb2.EvalConfig:
    for folder in folders:
        if tf.io.gfile.exists(os.path.join(folder, "eval_config.json")):
            config = eval_config_writer.load_eval_run(folder)[0]
            if config is not None:
                return config
    return config_pb2.EvalConfig()


def _axes(results: Iterable[Results]) -> tuple[list[SliceName], list[MetricName]]:
    """Lists all slices, overall first, and all metrics, each in its order."""
    keys: dict[Key, None] = {}
    for one in results:
        keys |= dict.fromkeys([*one.values, *one.baseline])
    slices = sorted({slice_key for slice_key, _ in keys}, key=lambda key: (len(key), _order(key)))
    return slices, sorted({metric for _, metric in keys})


def _order(slice_key: SliceName) -> list[tuple[str, bool, float, str]]:
    """Orders numbers by their value, so that hour 9 comes before hour 10."""
    result = []
    for feature, value in slice_key:
        try:
            result.append((feature, False, float(value), value))
        except ValueError:
            result.append((feature, True, 0.0, value))
    return result


def _table(
    values: Mapping[Key, float], slices: Sequence[SliceName], metrics: Sequence[MetricName]
) -> Table:
    return [[values.get((slice_key, metric)) for metric in metrics] for slice_key in slices]


def _uncertain(
    by_candidate: Mapping[str, Mapping[Key, Interval]],
    slices: Sequence[SliceName],
    metrics: Sequence[MetricName],
) -> Iterator[Uncertainty]:
    slice_at = {slice_key: i for i, slice_key in enumerate(slices)}
    metric_at = {metric: i for i, metric in enumerate(metrics)}
    for name, intervals in by_candidate.items():
        for (slice_key, metric), interval in intervals.items():
            if slice_key in slice_at and metric in metric_at:
                yield Uncertainty(name, slice_at[slice_key], metric_at[metric], **vars(interval))


def _candidate(entry: Entry, folder: str, verdict: Verdict | None) -> Candidate:
    predictions = read_predictions(folder)
    return Candidate(
        name=entry.name,
        step=entry.step,
        averaged=entry.averaged,
        status=entry.status.value,
        reason=entry.reason,
        seconds=entry.seconds,
        reused=entry.reused,
        examples=predictions.examples or None,
        non_finite=predictions.non_finite if predictions.examples else None,
        verdict=verdict,
        run=entry.run,
    )


def _thresholds(eval_config: config_pb2.EvalConfig) -> list[ReportedThreshold]:
    """Lists one for each metric, kind of threshold and slicing spec, cross slices aside."""
    result: list[ReportedThreshold] = []
    for threshold in read_thresholds(eval_config):
        if threshold.is_of_cross_slices:
            continue
        reported = ReportedThreshold(
            metric=str(threshold.metric),
            slice=threshold.features,
            kind="change" if threshold.is_change else "value",
            **{bound.kind.value: finite_or_none(bound.limit) for bound in threshold.bounds},
        )
        if reported not in result:
            result.append(reported)
    return result
