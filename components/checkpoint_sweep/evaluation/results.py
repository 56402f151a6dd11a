"""Reads one candidate's TFMA results back from disk."""

import math

import tensorflow_model_analysis as tfma
from checkpoint_sweep.evaluation.threshold_failures import threshold_failures
from checkpoint_sweep.selection.selection import CandidateResult, Selection, SelectionError
from tensorflow_model_analysis.view import util as view_util


def read_result(
    directory: str, model_name: str, name: str, step: int, selection: Selection
) -> CandidateResult:
    """Reads the selection metric and the missed thresholds.

    Args:
        directory: TFMA's output of one evaluation.
        model_name: of the candidate's model spec; empty when it is the only one.
        name: of the candidate.
        step: its training step.
        selection: the metric to read.

    Raises:
        SelectionError: the slice that the selection names is not in the results.
    """
    # As `tfma.load_eval_result` does, without the plots, which take most of its time.
    converted = (
        view_util.convert_metrics_proto_to_dict(record, model_name=model_name)
        for record in tfma.load_metrics(directory)
    )
    slices = {_plain(found[0]): found[1] for found in converted if found is not None}
    wanted = tuple(sorted((k, str(v)) for k, v in selection.slice.items()))
    if wanted not in slices:
        known = sorted("/".join(f"{k}={v}" for k, v in s) or "overall" for s in slices)
        raise SelectionError(
            f"{name} has no result for {selection}. Its slices are: {', '.join(known[:40])}. Name "
            "one of these, or add the slice to slicing_specs."
        )
    metrics = slices[wanted].get(selection.output_name, {}).get(selection.sub_key, {})
    value = metrics.get(selection.metric)
    return CandidateResult(name, step, _as_float(value), tuple(threshold_failures(directory)))


def _plain(slice_key: tuple) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(k), str(v)) for k, v in slice_key))


def _as_float(value: dict | None) -> float | None:
    """A scalar metric's value; TFMA prints NaN and infinity as text."""
    if not value or "doubleValue" not in value:
        return None
    number = value["doubleValue"]
    return float(number) if number is not None else math.nan
