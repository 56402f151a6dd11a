"""Reads back what an engine wrote of metrics without each fold of the examples."""

import dataclasses
import json
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf

from checkpoint_sweep.common.files import read_text
from checkpoint_sweep.common.json_safe import OTHER_FORM
from checkpoint_sweep.common.names import MetricName, ModelNames, SliceName
from checkpoint_sweep.evaluation.results.files import JACKKNIFE
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.selection.metric_kinds import MetricKinds
from checkpoint_sweep.selection.metric_traits import Range, range_of
from checkpoint_sweep.selection.replicates import Replicates


@dataclasses.dataclass(frozen=True)
class JackknifeReplicates:
    """The jackknife replicates of one metric on one slice.

    Attributes:
        own: Replicates of the candidate.
        baseline: Replicates of the baseline; None without one.
    """

    own: Replicates
    baseline: Replicates | None

    @property
    def change(self) -> Replicates | None:
        """Replicates of the candidate's difference to the baseline; None without a baseline."""
        return None if self.baseline is None else self.own.minus(self.baseline)


def read_replicates(
    directory: str,
    models: ModelNames,
    metrics: EvaluationMetrics | None = None,
) -> Mapping[tuple[SliceName, MetricName], JackknifeReplicates]:
    """Reads replicates by slice and metric; none where the engine wrote none, as stock TFMA does.

    The values of all examples are those of TFMA's files. Replicates that are not of these values
    have no standard error, see `selection.replicates.Replicates.around`.

    Args:
        directory: An engine's output of one evaluation.
        models: Names of the models of the evaluation.
        metrics: Metrics of the same evaluation, where they are read for more; None otherwise.

    Raises:
        ValueError: The file is damaged, or of another version.
    """
    path = os.path.join(directory, JACKKNIFE)
    if not tf.io.gfile.exists(path):
        return {}
    metrics = EvaluationMetrics(directory) if metrics is None else metrics
    try:
        found = from_slices(json.loads(read_text(path))["slices"], metrics.kinds)
    except OTHER_FORM as error:
        raise ValueError(f"{path} was not written by this version.") from error

    own = metrics.of_model(models.candidate)
    theirs = {} if models.baseline is None else metrics.of_model(models.baseline)
    return {
        (slice_key, name): JackknifeReplicates(
            _around(known.own, own.get(slice_key, {}).get(name)),
            known.baseline and _around(known.baseline, theirs.get(slice_key, {}).get(name)),
        )
        for (slice_key, name), known in found.items()
    }


def _around(replicates: Replicates, shown: float | None) -> Replicates:
    return replicates if shown is None else replicates.around(shown)


def from_slices(
    slices: Iterable[Mapping[str, Any]], kinds: MetricKinds
) -> dict[tuple[SliceName, MetricName], JackknifeReplicates]:
    """Makes replicates, by slice and metric, of the records that `jackknife.derive` gives.

    Args:
        slices: Records.
        kinds: Kinds of the metrics, by which their ranges are known.
    """
    found = {}
    for part in slices:
        for entry in part["metrics"]:
            metric = MetricName(
                entry["output"], entry["sub_key"], entry["name"], entry.get("weighting", "")
            )
            found[SliceName.of(part["slice"]), metric] = _from_entry(
                entry, part, range_of(kinds.of(metric))
            )
    return found


def _from_entry(
    entry: Mapping[str, Any], part: Mapping[str, Any], bounds: Range | None
) -> JackknifeReplicates:
    own, baseline = (
        dataclasses.replace(
            _replicates(entry[f"{prefix}value"], entry[f"{prefix}left_out"], part, bounds),
            between_thresholds=entry.get(f"{prefix}between_thresholds"),
        )
        if f"{prefix}value" in entry
        else None
        for prefix in ("", "baseline_")
    )
    if own is None:
        raise ValueError("there is no value")
    return JackknifeReplicates(own, baseline)


def _replicates(
    value: float | None,
    left_out: list[float | None],
    part: Mapping[str, Any],
    bounds: Range | None,
) -> Replicates:
    numbers = tuple(math.nan if number is None else float(number) for number in left_out)
    whole = math.nan if value is None else float(value)
    return Replicates(
        whole,
        numbers,
        tuple(map(int, part["examples"])),
        part["rarer_label"],
        bounds=bounds,
        cluster_key=part.get("cluster_key"),
    )
