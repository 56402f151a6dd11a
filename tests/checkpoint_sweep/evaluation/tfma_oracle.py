"""Stock TFMA as the oracle of the engine, and how their results are compared."""

import hashlib
import math
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import tensorflow_model_analysis as tfma
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from google.protobuf import json_format, text_format

from checkpoint_sweep.evaluation import EvaluateModels
from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.checkpoint_sweep.evaluation import taxi_models

RELATIVE = 1e-6
# Output directories of stock TFMA by what was asked, for the other tests of this process.
_ANSWERED: dict[str, str] = {}
# Fields of results that count examples: compared exactly where the counts are whole numbers.
COUNTS = ("example_count", "numWeightedExamples", "Positives", "Negatives", "true_", "false_")


def config(text: str, baseline: bool = False) -> tfma.EvalConfig:
    """An EvalConfig with TFMA's defaults."""
    parsed = text_format.Parse(text, tfma.EvalConfig())
    return tfma.utils.update_eval_config_with_defaults(parsed, has_baseline=baseline)


def run_tfma(
    data: str,
    eval_config: tfma.EvalConfig,
    candidate: ModelSource,
    output: str,
    baseline: ModelSource | None = None,
    batch_size: int | None = None,
) -> str:
    """Evaluates one candidate with stock TFMA; gives the output directory.

    In a test session the same question is asked once: what it depends on are the content of data
    and models, their names, the config and the batches.
    """
    key = _question(data, eval_config, candidate, baseline, batch_size)
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
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
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


def _question(data: str, eval_config: tfma.EvalConfig, *others: Any) -> str:
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
    eval_config: tfma.EvalConfig,
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

    ``tfma.load_eval_result`` must be able to read it too, but its dicts leave out part of a
    metric's key (whether it is weighted, the kind of average), so that metrics collide.
    """
    result = tfma.load_eval_result(output, model_name=model_name)
    loaded: dict[str, dict[str, Any]] = {}
    for kind, records in (
        ("metrics", list(tfma.load_metrics(output))),
        ("plots", list(tfma.load_plots(output))),
        ("attributions", list(tfma.load_attributions(output))),
    ):
        attribute = "slicing_metrics" if kind == "metrics" else kind
        assert len(getattr(result, attribute)) == len(records)
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
    exact = any(name in path for name in COUNTS) and a % 1 == 0
    absolute = diff if "is_diff: true" in path else 1e-12
    near = a == b if exact else math.isclose(a, b, rel_tol=RELATIVE, abs_tol=absolute)
    return [] if near else [f"{path}: {expected!r} and {actual!r}"]


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
