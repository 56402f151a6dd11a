"""Puts together what a sweep left behind: the only file that reads all of it."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf
import tensorflow_model_analysis as tfma
from absl import logging
from tensorflow_model_analysis.writers import eval_config_writer

from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.results.candidate import read_predictions
from checkpoint_sweep.evaluation.results.ledger import EVALUATED, TRIAL, Entry, read_ledger
from checkpoint_sweep.report.document import (
    VERSION,
    Candidate,
    Decision,
    Losses,
    MetricInfo,
    Report,
    Slice,
    Uncertainty,
    full_name,
)
from checkpoint_sweep.report.read_losses import read_losses
from checkpoint_sweep.report.read_plots import Plot, read_plots
from checkpoint_sweep.report.read_results import (
    Interval,
    Key,
    MetricReader,
    Results,
    has_results,
)
from checkpoint_sweep.report.thresholds import thresholds
from checkpoint_sweep.selection.intervals import LEVEL
from checkpoint_sweep.selection.metric_lookup import MetricName
from checkpoint_sweep.version import __version__

MOST_PLOTS = 20
_NO_LOSSES: Losses = {"training": [], "evaluation": []}


def gather(
    evaluation: str,
    verdicts: Mapping[str, Any] | None = None,
    model_run: str | None = None,
    made: Mapping[str, Any] | None = None,
) -> Report:
    """Reads ledger, results, plots and losses.

    Args:
        evaluation: directory of the sweep's evaluation artifact.
        verdicts: content of `verdicts.json` of its blessing; None where it is not known.
        model_run: directory of the checkpoints; None without losses.
        made: how the sweep was made, as far as its files do not tell.

    Raises:
        ValueError, OSError, tf.errors.OpError: there is no ledger, or something is damaged.
    """
    entries = [entry for entry in read_ledger(evaluation) if entry.status != TRIAL]
    folders = {e.name: os.path.join(evaluation, e.name) for e in entries}
    evaluated = [e.name for e in entries if e.status == EVALUATED and has_results(folders[e.name])]
    config = _eval_config([folders[name] for name in evaluated])
    names = {spec.is_baseline: spec.name for spec in config.model_specs}
    judged = {v["name"]: v for v in (verdicts or {}).get("checkpoints", [])}
    selection = dict((verdicts or {}).get("selection", {}))
    level = float(selection.get("level", LEVEL))
    reader = MetricReader(names.get(False, ""), names.get(True), level)
    results = {name: reader.read(folders[name]) for name in evaluated}
    slices, metrics = _axes(results.values())
    baseline = next((r.baseline for r in results.values() if r.baseline), None)
    chosen = (verdicts or {}).get("chosen")
    plots = {
        name: found
        for name in spread(evaluated, chosen, MOST_PLOTS)
        if (found := _plots(folders[name], names.get(False, "")))
    }
    return {
        "version": VERSION,
        "decision": _decision(verdicts, selection) if verdicts else None,
        "metrics": [_info(metric) for metric in metrics],
        "slices": [[list(part) for part in where] for where in slices],
        "candidates": [_candidate(e, folders[e.name], judged.get(e.name)) for e in entries],
        "values": {name: _table(r.values, slices, metrics) for name, r in results.items()},
        "baseline": _table(baseline, slices, metrics) if baseline else None,
        "intervals": list(
            _uncertain({n: r.intervals for n, r in results.items()}, slices, metrics)
        ),
        "changes": list(_uncertain({n: r.changes for n, r in results.items()}, slices, metrics)),
        "thresholds": thresholds(config),
        "plots": plots,
        "losses": _losses(model_run) if model_run else _NO_LOSSES,
        "made": {**versions(), **(made or {})},
    }


def versions() -> dict[str, str]:
    """Of this library and of what it computes with."""
    return {
        "checkpoint_sweep": __version__,
        "tensorflow_model_analysis": tfma.__version__,
        "tensorflow": tf.__version__,
        "python": platform.python_version(),
    }


def spread(names: Sequence[str], chosen: str | None, most: int) -> list[str]:
    """At most so many, evenly spaced, the chosen among them."""
    if len(names) <= most:
        return list(names)
    kept = {round(i * (len(names) - 1) / (most - 2)) for i in range(most - 1)}
    return [name for i, name in enumerate(names) if i in kept or name == chosen]


def _eval_config(folders: Iterable[str]) -> tfma.EvalConfig:
    for folder in folders:
        if tf.io.gfile.exists(os.path.join(folder, "eval_config.json")):
            config = eval_config_writer.load_eval_run(folder)[0]
            if config is not None:
                return config
    return tfma.EvalConfig()


def _axes(results: Iterable[Results]) -> tuple[list[Slice], list[MetricName]]:
    """All slices, overall first, and all metrics, in the order of the results."""
    keys: dict[Key, None] = {}
    for one in results:
        keys |= dict.fromkeys([*one.values, *one.baseline])
    slices = sorted({where for where, _ in keys}, key=lambda where: (len(where), _order(where)))
    return slices, sorted({metric for _, metric in keys})


def _order(where: Slice) -> list[tuple[str, bool, float, str]]:
    """Numbers by their value, so that hour 9 comes before hour 10."""
    result = []
    for feature, value in where:
        try:
            result.append((feature, False, float(value), value))
        except ValueError:
            result.append((feature, True, 0.0, value))
    return result


def _info(metric: MetricName) -> MetricInfo:
    output, sub_key, name = metric
    return {
        "metric": full_name(output, name, sub_key),
        "output_name": output,
        "sub_key": sub_key,
        "name": name,
    }


def _table(
    values: Mapping[Key, float], slices: Sequence[Slice], metrics: Sequence[MetricName]
) -> list[list[float | None]]:
    return [[values.get((where, metric)) for metric in metrics] for where in slices]


def _uncertain(
    by_candidate: Mapping[str, Mapping[Key, Interval]],
    slices: Sequence[Slice],
    metrics: Sequence[MetricName],
) -> Iterable[Uncertainty]:
    slice_at = {where: i for i, where in enumerate(slices)}
    metric_at = {metric: i for i, metric in enumerate(metrics)}
    for name, intervals in by_candidate.items():
        for (where, metric), interval in intervals.items():
            if where in slice_at and metric in metric_at:
                yield {
                    "candidate": name,
                    "slice": slice_at[where],
                    "metric": metric_at[metric],
                    "value": interval.value,
                    "standard_error": interval.standard_error,
                    "low": interval.low,
                    "high": interval.high,
                    "caution": interval.caution,
                }


def _candidate(entry: Entry, folder: str, verdict: Mapping[str, Any] | None) -> Candidate:
    predictions = read_predictions(folder)
    return {
        "name": entry.name,
        "label": f"step {entry.step}" if entry.averaged is None else entry.name,
        "step": entry.step,
        "averaged": None if entry.averaged is None else list(entry.averaged),
        "status": entry.status,
        "reason": entry.reason,
        "seconds": entry.seconds,
        "reused": entry.reused,
        "examples": predictions.examples or None,
        "non_finite": predictions.non_finite if predictions.examples else None,
        "verdict": dict(verdict) if verdict else None,
    }


def _decision(verdicts: Mapping[str, Any], selection: dict[str, Any]) -> Decision:
    return {
        "chosen": verdicts["chosen"],
        "blessed": bool(verdicts["blessed"]),
        "reason": str(verdicts["reason"]),
        "best_set": list(verdicts.get("best_set", [])),
        "selection": selection,
    }


def _plots(folder: str, model_name: str) -> list[Plot]:
    """None where they are damaged: a report without them is better than none."""
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
        return _NO_LOSSES
