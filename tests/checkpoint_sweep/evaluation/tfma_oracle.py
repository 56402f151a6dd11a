"""Stock TFMA as the oracle of the engine, and how their results are compared."""

import contextlib
import hashlib
import math
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.metrics import aggregation
from tensorflow_model_analysis.metrics import confusion_matrix_metrics as of_matrices
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import EvaluateModels, tfma_internals
from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.checkpoint_sweep.evaluation import taxi_models
from tests.support import eager_beam, quick_tfma

RELATIVE = 1e-6
# Output directories of stock TFMA by what was asked, for the other tests of this process.
_ANSWERED: dict[str, str] = {}
# All of them, which TFMA reads.
_OF_TFMA: set[str] = set()
# Fields of results that count examples: compared exactly where the counts are whole numbers.
COUNTS = ("example_count", "numWeightedExamples", "Positives", "Negatives", "true_", "false_")
# The sums of example weights that TFMA adds up in float32 with NumPy 2.
_ROUNDED = re.compile('example_count" .*example_weighted { value: true }')


def config(text: str, baseline: bool = False) -> config_pb2.EvalConfig:
    """An EvalConfig with TFMA's defaults."""
    parsed = text_format.Parse(text, config_pb2.EvalConfig())
    return tfma.utils.update_eval_config_with_defaults(parsed, has_baseline=baseline)


def run_tfma(
    data: str,
    eval_config: config_pb2.EvalConfig,
    candidate: ModelSource,
    output: str,
    baseline: ModelSource | None = None,
    batch_size: int | None = None,
    as_is: bool = False,
) -> str:
    """Evaluates one candidate with stock TFMA; gives the output directory.

    Unless `as_is`, metrics that are not defined for want of a class are NaN, and 0 times infinity
    in a cross entropy is 0, as docs/differences.md has it, and so is NaN times the weight 0 of a
    class.

    In a test session the same question is asked once: what it depends on are the content of data
    and models, their names, the config and the batches.
    """
    quick_tfma.use()
    key = _question(data, eval_config, candidate, baseline, batch_size, as_is)
    _OF_TFMA.add(output)
    if key in _ANSWERED:
        shutil.copytree(_ANSWERED[key], output)
        return output
    shared = []
    for source, name in ((candidate, tfma.CANDIDATE_KEY), (baseline, tfma.BASELINE_KEY)):
        if source is not None:
            shared.append(
                tfma.default_eval_shared_model(
                    source.saved_model.directory,
                    eval_config=eval_config,
                    model_name=name if baseline is not None else "",
                    tags=["serve"],
                )
            )
    with (
        contextlib.nullcontext() if as_is else _mended(),
        eager_beam.pipeline() as pipeline,
    ):
        _ = (
            pipeline
            | taxi_models.read(data, batch_size)
            | tfma.ExtractEvaluateAndWriteResults(
                eval_shared_model=shared if baseline is not None else shared[0],
                eval_config=eval_config,
                output_path=output,
            )
        )
    _ANSWERED[key] = output
    return output


_METHOD = "_metric_value"
_BOTH = ("tp", "fn"), ("fp", "tn")
# The cells that must not all be empty. Those that are NaN in TFMA already are not here.
_CELLS = {
    of_matrices.AUC: _BOTH,
    of_matrices.PrecisionAtRecall: _BOTH,
    of_matrices.RecallAtPrecision: _BOTH,
    of_matrices.SensitivityAtSpecificity: _BOTH,
    of_matrices.SpecificityAtSensitivity: _BOTH,
    of_matrices.ThresholdAtRecall: _BOTH[:1],
    of_matrices.Precision: _BOTH[:1],
    of_matrices.FalseDiscoveryRate: _BOTH[:1],
    of_matrices.F1Score: _BOTH[:1],
    of_matrices.ThreatScore: _BOTH[:1],
    of_matrices.FowlkesMallowsIndex: _BOTH[:1],
    of_matrices.NegativePredictiveValue: _BOTH[1:],
    of_matrices.FalseOmissionRate: _BOTH[1:],
}


@contextlib.contextmanager
def _mended() -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for kind, cells in _CELLS.items():
            patched = _value_where_defined(getattr(kind, _METHOD), cells)
            stack.enter_context(mock.patch.object(kind, _METHOD, patched))
        kind, method = tfma_internals.BinaryCrossEntropyCombiner, "_cross_entropy"
        patched = _with_limits(getattr(kind, method))
        stack.enter_context(mock.patch.object(kind, method, patched))
        stack.enter_context(mock.patch.object(aggregation, "_to_float", _Averaged))
        yield


class _Averaged(float):
    """The value of a class in an average over classes."""

    def __mul__(self, weight: float) -> float:
        return 0.0 if weight == 0 else float(self) * weight


def _value_where_defined(value: Any, cells: Any) -> Any:
    def patched(self: Any, *args: Any, **kwargs: Any) -> Any:
        matrices, found = kwargs["matrices"], value(self, *args, **kwargs)
        counts = (np.add(*(getattr(matrices, cell) for cell in pair)) for pair in cells)
        return found if all(np.any(count > 0) for count in counts) else found * math.nan

    return patched


def _with_limits(value: Any) -> Any:
    def patched(self: Any, label: np.ndarray, prediction: np.ndarray) -> float:
        found: float = value(self, label, prediction)
        if not math.isnan(found) or not np.isfinite(prediction).all():
            return found
        _, smoothing = tfma_internals.cross_entropy_settings(self)
        label = np.broadcast_to(label * (1 - smoothing) + 0.5 * smoothing, np.shape(prediction))
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = (label, np.log(prediction)), (1 - label, np.log(1 - prediction))
        return -sum(float((s * log)[s != 0].sum()) for s, log in shares) / prediction.size

    return patched


def _question(data: str, eval_config: config_pb2.EvalConfig, *others: Any) -> str:
    digest = hashlib.sha256(eval_config.SerializeToString(deterministic=True))
    digest.update(Path(data).read_bytes())
    for other in others:
        if isinstance(other, ModelSource):
            folder = Path(other.saved_model.directory)
            digest.update(other.name.encode())
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
        else:
            digest.update(f"{other}\0".encode())
    return digest.hexdigest()


def run_engine(
    data: str,
    eval_config: config_pb2.EvalConfig,
    candidates: Sequence[ModelSource],
    directory: str,
    baseline: ModelSource | None = None,
    batch_size: int = 64,
    **options: Any,
) -> list[str]:
    """Evaluates all candidates with the engine; gives their output directories."""
    outputs = {source.name: os.path.join(directory, source.name) for source in candidates}
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        _ = (
            pipeline
            | taxi_models.read(data, batch_size)
            | EvaluateModels(candidates, outputs, eval_config, baseline, **options)
        )
    return [outputs[source.name] for source in candidates]


def load(output: str, model_name: str | None = None) -> dict[str, dict[str, Any]]:
    """Everything in a result directory: by kind, slice and metric key, under their full names.

    What TFMA has not written itself, ``tfma.load_eval_result`` must be able to read too, but its
    dicts leave out part of a metric's key (whether it is weighted, the kind of average), so that
    metrics collide.
    """
    result = None if output in _OF_TFMA else tfma.load_eval_result(output, model_name=model_name)
    loaded: dict[str, dict[str, Any]] = {}
    for kind, records in (
        ("metrics", list(tfma.load_metrics(output))),
        ("plots", list(tfma.load_plots(output))),
        ("attributions", list(tfma.load_attributions(output))),
    ):
        attribute = "slicing_metrics" if kind == "metrics" else kind
        assert result is None or len(getattr(result, attribute)) == len(records)
        loaded[kind] = {_slice_name(record): _values(record) for record in records}
        assert len(loaded[kind]) == len(records), f"{kind}: a slice is there twice"
    loaded["validation"] = _validation(tfma.load_validation_result(output))
    return loaded


def _slice_name(record: Any) -> str:
    key = record.cross_slice_key if record.HasField("cross_slice_key") else record.slice_key
    return text_format.MessageToString(key, as_one_line=True)


def _values(record: Any) -> dict[str, Any]:
    """The values of a slice by the text of their key."""
    entries = [
        entry
        for field, value in record.ListFields()
        if field.name.endswith("keys_and_values")
        for entry in value
    ]
    return {
        text_format.MessageToString(entry.key, as_one_line=True): json_format.MessageToDict(entry)
        for entry in entries
    }


def _validation(result: Any) -> dict[str, Any]:
    """A validation result whose lists have an order."""
    as_dict = json_format.MessageToDict(result)
    return _ordered(as_dict)


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(item) for item in value), key=repr)
    return value


def differences(expected: Any, actual: Any, path: str = "", diff: float = 1e-12) -> list[str]:
    """Where two results differ.

    Args:
        expected: from `load`.
        actual: from `load`.
        path: of both within the results.
        diff: absolute tolerance of a difference to the baseline. That of two Keras metrics, which
            TFMA adds up in float32, has their rounding, however small it is itself.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        found = []
        for key in {**expected, **actual}:
            if key not in expected or key not in actual:
                found.append(f"{path}/{key} only in {'actual' if key in actual else 'expected'}")
            else:
                found += differences(expected[key], actual[key], f"{path}/{key}", diff)
        return found
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return [f"{path}: {len(expected)} and {len(actual)} items"]
        return [
            text
            for i, (a, b) in enumerate(zip(expected, actual, strict=True))
            for text in differences(a, b, f"{path}[{i}]", diff)
        ]
    a, b = _number(expected), _number(actual)
    if a is None or b is None:
        return [] if expected == actual else [f"{path}: {expected!r} and {actual!r}"]
    if math.isnan(a) and math.isnan(b):
        return []
    rounded = np.__version__ >= "2" and _ROUNDED.search(path)
    exact = any(name in path for name in COUNTS) and a % 1 == 0 and not rounded
    absolute = diff if "is_diff: true" in path else 1e-12
    near = a == b if exact else math.isclose(a, b, rel_tol=RELATIVE, abs_tol=absolute)
    return [] if near else [f"{path}: {expected!r} and {actual!r}"]


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
