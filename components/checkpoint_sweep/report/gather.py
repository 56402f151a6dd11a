"""Puts together what a sweep left behind: the only file that reads all of it."""

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
from checkpoint_sweep.report.disagreement import Disagreement
from checkpoint_sweep.report.document import (
    Candidate,
    Losses,
    Report,
    ReportedThreshold,
    Table,
    Uncertainty,
)
from checkpoint_sweep.report.plots import Plot
from checkpoint_sweep.report.read_disagreements import read_disagreements
from checkpoint_sweep.report.read_losses import read_losses
from checkpoint_sweep.report.read_plots import read_plots
from checkpoint_sweep.report.read_results import (
    Interval,
    Key,
    MetricReader,
    Results,
    has_results,
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
    reader = MetricReader(models, level)
    results = {name: reader.read(folders[name]) for name in evaluated}
    if decision is not None and decision.selection.is_composite:
        results = {
            name: with_decisive(found, decision.selection, verdicts.get(name))
            for name, found in results.items()
        }
    slices, metrics = _axes(results.values())
    baseline = next((r.baseline for r in results.values() if r.baseline), None)
    plots = {
        name: found
        for name in thin_with(evaluated, decision.chosen if decision else None, MOST_PLOTS)
        if (found := _plots(folders[name], models.candidate))
    }
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
        losses=_losses(model_run) if model_run else Losses(),
        made={**_versions(), **(made or {})},
        rarer_labels=[rarer_labels.get(slice_key) for slice_key in slices] if rarer_labels else [],
        kinds=list(map(MetricKinds.of_config(config).of, metrics)),
        disagreements=_disagreements(evaluation, decision),
        splits=read_splits(evaluation, models.candidate, slices, metrics, decision),
    )


def _disagreements(evaluation: str, decision: SweepVerdicts | None) -> list[Disagreement]:
    """Reads them; none where the files are damaged: a report without them is better than none."""
    if decision is None:
        return []
    try:
        return read_disagreements(evaluation, decision.chosen, decision.selection.output_name)
    except (ValueError, OSError, tf.errors.OpError) as error:
        logging.warning("The report has no disagreements: %s", first_line(error))
        return []


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
                yield Uncertainty(
                    candidate=name,
                    slice=slice_at[slice_key],
                    metric=metric_at[metric],
                    value=interval.value,
                    standard_error=interval.standard_error,
                    low=interval.low,
                    high=interval.high,
                    caution=interval.caution,
                )


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


def _plots(folder: str, model_name: str) -> list[Plot]:
    """Reads plots; none where they are damaged: a report without them is better than none."""
    try:
        return read_plots(folder, model_name)
    except (ValueError, OSError, tf.errors.OpError) as error:
        logging.warning("The report has no plots of %s: %s", folder, first_line(error))
        return []


def _losses(model_run: str) -> Losses:
    try:
        return read_losses(model_run)
    except (ValueError, OSError, tf.errors.OpError) as error:
        logging.warning("The report has no losses of %s: %s", model_run, first_line(error))
        return Losses()
