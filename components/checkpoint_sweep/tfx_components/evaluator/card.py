"""Gathers what the model card says, and writes it beside the Evaluator's verdict."""

import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence

import apache_beam as beam
import tensorflow as tf
import tensorflow_model_analysis as tfma
from absl import logging
from tensorflow_model_analysis.proto import config_pb2
from tfx import types

from checkpoint_sweep.common.files import write_text
from checkpoint_sweep.common.names import OVERALL, MetricName, ModelNames, labelled
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.evaluation.plan.plan import model_spec
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.evaluation.results.rarer_labels import read_rarer_labels
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.evaluation.results.thresholds import threshold_failures
from checkpoint_sweep.report.model_card import Card, Measured, model_card
from checkpoint_sweep.selection.criteria import LEVEL
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.metric_traits import is_supported
from checkpoint_sweep.selection.thresholds import describe_thresholds
from checkpoint_sweep.tfx_components.blessing import (
    AVERAGED_PROPERTY,
    CANDIDATE_PROPERTY,
    CHOICE_PROPERTY,
    RUN_PROPERTY,
    STEP_PROPERTY,
)
from checkpoint_sweep.tfx_components.evaluator.verdict import EvaluatorVerdict
from checkpoint_sweep.version import __version__

MODEL_CARD = "model_card.md"
_COUNT = MetricName("", "", "example_count")


def leave_card(
    blessing: types.Artifact,
    verdict: EvaluatorVerdict,
    metrics: EvaluationMetrics,
    model: types.Artifact,
    eval_config: config_pb2.EvalConfig,
    splits: Sequence[str],
    identity: Mapping[str, str],
) -> None:
    """Writes the card into the blessing; a failure is a warning.

    Args:
        blessing: Artifact of the blessing.
        verdict: Verdict on the model.
        metrics: Metrics of the evaluation.
        model: Artifact of the evaluated model.
        eval_config: Evaluation config with its defaults filled in.
        splits: Splits that it was evaluated on.
        identity: Pipeline and run, as far as they are known.
    """
    try:
        models = ModelNames.of(eval_config)
        measured = list(_measured(metrics, models))
        card = Card(
            blessed=verdict.blessed,
            reason=verdict.reason,
            origin=_origin(model),
            choice=_choice(model),
            splits=splits,
            examples=next((row.examples for row in measured if not row.slice), None),
            label=model_spec(eval_config, of_baseline=False).label_key,
            baseline=models.baseline is not None,
            measured=measured,
            thresholds=describe_thresholds(eval_config),
            missed=threshold_failures(metrics.directory, metrics),
            level=LEVEL,
            made=[*identity.items(), ("date", time.strftime("%Y-%m-%d", time.gmtime()))],
            versions=[
                ("checkpoint-sweep", __version__),
                ("tensorflow-model-analysis", tfma.__version__),
                ("tensorflow", tf.__version__),
                ("apache-beam", beam.__version__),
            ],
        )
        write_text(os.path.join(blessing.uri, MODEL_CARD), model_card(card))
    except Exception as error:
        logging.warning("The model card is not written: %s.", first_line(error), exc_info=True)


def _measured(metrics: EvaluationMetrics, models: ModelNames) -> Iterator[Measured]:
    """Yields the metrics of all examples, then those of slices by the number of examples.

    A value that says nothing is NaN: one that needs more examples of a class than the slice has.
    """
    left_out = read_replicates(metrics.directory, models, metrics)
    rarer_labels = read_rarer_labels([metrics.directory], models.candidate)
    values = metrics.of_model(models.candidate)
    ordered = sorted(values, key=lambda w: (w != OVERALL, -values[w].get(_COUNT, 0.0), w))
    for slice_key in ordered:
        by_metric = values[slice_key]
        count = int(by_metric[_COUNT]) if _COUNT in by_metric else None
        for metric, value in sorted(by_metric.items()):
            if metric == _COUNT:
                continue
            if not is_supported(metrics.kinds.of(metric), value, rarer_labels.get(slice_key)):
                yield Measured(str(metric), str(slice_key) if slice_key else "", math.nan, count)
                continue
            known = left_out.get((slice_key, metric))
            own = estimate(known.own, LEVEL) if known else None
            change = estimate(known.change, LEVEL) if known and known.change else None
            yield Measured(
                str(metric),
                str(slice_key) if slice_key else "",
                value,
                count,
                own.half_width if own else None,
                own.caution if own else None,
                change.value if change else None,
                change.half_width if change else None,
            )


def _origin(model: types.Artifact) -> str:
    if not model.has_custom_property(STEP_PROPERTY):
        return ""
    if model.has_custom_property(CANDIDATE_PROPERTY):
        steps = model.get_string_custom_property(AVERAGED_PROPERTY)
        name = model.get_string_custom_property(CANDIDATE_PROPERTY)
        return f"{name}: the average of the checkpoints of the steps {steps}."
    run = model.get_string_custom_property(RUN_PROPERTY) or None
    step = labelled(f"step {model.get_int_custom_property(STEP_PROPERTY)}", run)
    return f"The checkpoint of {step}."


def _choice(model: types.Artifact) -> str:
    if not model.has_custom_property(CHOICE_PROPERTY):
        return ""
    return f"Chosen by the sweep: {model.get_string_custom_property(CHOICE_PROPERTY)}."
