"""Traits of data as they come, drawn on top of a random evaluation, each now and then.

They have a stream of their own, so that a seed stands for the same evaluation without them.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from tests.support.passthrough_model import Row
from tests.support.random_evaluations import Evaluation

# As predictions of float32 are where a model is sure.
_SURE = (0.0, 1e-30, 1e-7, 1 - 2.0**-24, 1.0)
_OF_PROBABILITIES = ("binary", "multi-label", "outputs")


def with_traits(case: Evaluation) -> Evaluation:
    """Draws which traits an evaluation has, always the same for its seed."""
    random = np.random.default_rng((case.seed, 1))
    for trait, chance in _TRAITS:
        draw = random.spawn(1)[0]
        if random.random() < chance:
            case = trait(case, draw)
    return case


def _vocabulary(case: Evaluation, random: np.random.Generator) -> Evaluation:
    """Labels are text, and the model gives the classes of an example in the order of scores."""
    if case.kind != "sparse":
        return case

    def named(row: Row) -> Row:
        return {**row, "y": [f"class {value}" for value in row["y"]]} if "y" in row else row

    vocabulary = tuple(f"class {number}" for number in range(case.width))
    rows = [named(row) for row in case.rows]
    return dataclasses.replace(case, rows=rows, vocabulary=vocabulary)


def _logits(case: Evaluation, random: np.random.Generator) -> Evaluation:
    if case.kind not in _OF_PROBABILITIES:
        return case
    rows = [{**row, "p": [8 * (value - 0.5) for value in row["p"]]} for row in case.rows]
    return dataclasses.replace(case, rows=rows)


def _sure(case: Evaluation, random: np.random.Generator) -> Evaluation:
    if case.kind not in _OF_PROBABILITIES:
        return case
    rows = [
        {**row, "p": random.choice(_SURE, case.width).tolist()} if random.random() < 0.3 else row
        for row in case.rows
    ]
    return dataclasses.replace(case, rows=rows)


def _slice_of_one_class(case: Evaluation, random: np.random.Generator) -> Evaluation:
    if case.kind not in ("binary", "outputs"):
        return case
    label = int(random.integers(2))

    def of_one(row: Row) -> Row:
        if row.get("s") != ["a"] or not row.get("y"):
            return row
        return {**row, "y": [type(value)(label) for value in row["y"]]}

    return dataclasses.replace(case, rows=[of_one(row) for row in case.rows])


def _thresholds_by_name(case: Evaluation, random: np.random.Generator) -> Evaluation:
    config = text_format.Parse(case.config, config_pb2.EvalConfig())
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            name = json.loads(f"{{{metric.config}}}").get("name")
            if name and metric.HasField("threshold"):
                spec.thresholds[name].CopyFrom(metric.threshold)
                metric.ClearField("threshold")
            if name and metric.per_slice_thresholds:
                spec.per_slice_thresholds[name].thresholds.extend(metric.per_slice_thresholds)
                metric.ClearField("per_slice_thresholds")
    return dataclasses.replace(case, config=text_format.MessageToString(config))


def _slices_of_nan(case: Evaluation, random: np.random.Generator) -> Evaluation:
    if case.samples:
        return case
    values: Sequence[float] = random.choice((np.nan, 0.5, 2.0), len(case.rows)).tolist()
    rows = [{**row, "f": [value]} for row, value in zip(case.rows, values, strict=True)]
    config = f'{case.config} slicing_specs {{ feature_keys: "f" }}'
    return dataclasses.replace(case, rows=rows, config=config)


def _inputs_by_name(case: Evaluation, random: np.random.Generator) -> Evaluation:
    return dataclasses.replace(case, input_type=str(random.choice(("float32", "float64"))))


_Trait = Callable[[Evaluation, Any], Evaluation]
_TRAITS: Sequence[tuple[_Trait, float]] = (
    (_vocabulary, 0.3),
    (_logits, 0.1),
    (_sure, 0.2),
    (_slice_of_one_class, 0.2),
    (_thresholds_by_name, 0.3),
    (_slices_of_nan, 0.15),
    (_inputs_by_name, 0.15),
)
