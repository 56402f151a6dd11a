"""Completes an evaluation config as the stock Evaluator does, and checks it."""

import copy
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow_model_analysis as tfma
from google.protobuf import json_format
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.named_thresholds import named_thresholds, with_thresholds_at_metrics
from checkpoint_sweep.common.source_fingerprint import digest_sources, import_closure
from checkpoint_sweep.common.text import first_line, listed
from checkpoint_sweep.common.wording import EVAL_MODEL

_TFMA = "tensorflow_model_analysis"
_LIBRARY = "checkpoint_sweep"


class EvalConfigError(UserError):
    """TFMA cannot use the evaluation config; the message says why."""


def parse(text: str) -> config_pb2.EvalConfig:
    """Parses an evaluation config from JSON, as a component parameter holds it.

    Raises:
        EvalConfigError: The text is something else, or names a field that does not exist.
    """
    try:
        return json_format.Parse(text, config_pb2.EvalConfig())
    except json_format.ParseError as error:
        raise EvalConfigError(
            f"The evaluation config cannot be read: {first_line(error)}. Write it with "
            "json_format.MessageToJson(tfma.EvalConfig(...))."
        ) from error


def with_defaults(eval_config: config_pb2.EvalConfig, has_baseline: bool) -> config_pb2.EvalConfig:
    """Fills in TFMA's defaults; without a baseline, change thresholds are dropped.

    Thresholds that a MetricsSpec has by name become those of the metrics of that name.

    Raises:
        EvalConfigError: A metric does not exist or does not take its settings, or TFMA finds
            the config inconsistent.
    """
    try:
        _check_model_types(eval_config)
        updated = tfma.utils.update_eval_config_with_defaults(
            with_thresholds_at_metrics(eval_config), has_baseline=has_baseline, rubber_stamp=True
        )
        tfma.utils.verify_eval_config(updated)
        metric_specs.to_computations(updated.metrics_specs, eval_config=updated)
        candidates = [spec.name for spec in updated.model_specs if not spec.is_baseline]
        if len(candidates) != 1:
            raise ValueError(f"one ModelSpec that is no baseline is expected, not {candidates}")
        known = constants.VALID_TF_MODEL_TYPES
        for spec in updated.model_specs:
            if spec.model_type and spec.model_type not in known:
                raise ValueError(f"there is no model_type {spec.model_type!r} but {listed(known)}")
        check_names(updated)
    except EvalConfigError:
        raise
    except (Exception, SystemExit) as error:  # A module may be a script that ends when imported.
        reason = first_line(error) if isinstance(error, Exception) else "its module calls sys.exit"
        reason = reason.partition(". ")[0].partition(": eval_config=")[0]
        if (metric := _first_that_fails(eval_config)) not in reason:
            reason = f"{metric}: {reason}"
        raise EvalConfigError(
            f"The evaluation config cannot be used: {reason}. Correct it "
            "(metrics_specs name a metric's class, module and config)."
        ) from error
    return updated


def _check_model_types(eval_config: config_pb2.EvalConfig) -> None:
    for spec in eval_config.model_specs:
        if spec.model_type == constants.TF_ESTIMATOR:
            raise EvalConfigError(
                f"The evaluation config has model_type {spec.model_type!r}, which TFMA does not "
                "evaluate by a serving signature. Leave ModelSpec.model_type out: what an "
                "Estimator exports is then evaluated as any SavedModel, by "
                "ModelSpec.signature_name. The metrics of its model function are computed by ",
                EVAL_MODEL,
                ".",
            )


def check_names(eval_config: config_pb2.EvalConfig) -> None:
    """Checks that no two metrics have one name: of their values, TFMA would keep either.

    Args:
        eval_config: Evaluation config with its defaults filled in.

    Raises:
        EvalConfigError: Two metrics of different classes or settings have one key.
    """
    owners: dict[metric_types.MetricKey, tuple[str, ...]] = {}
    for spec in eval_config.metrics_specs:
        for metric in spec.metrics:
            found = computations_of(eval_config, spec, metric)
            mine = (metric.class_name, metric.module, metric.config, spec.query_key)
            for key in {key for computation in found for key in computation.keys}:
                other = owners.setdefault(key, mine)
                if other != mine and not key.name.startswith("_"):
                    raise EvalConfigError(
                        f"The evaluation config cannot be used: {other[0]} and {mine[0]} are both "
                        f"named {key.name!r}, and TFMA would keep the value of either. Give one of "
                        "them a name of its own in its config."
                    )


def metric_settings(metric: config_pb2.MetricConfig) -> dict[str, Any]:
    """Reads the settings of a metric, as TFMA does: braces around them are optional.

    >>> metric_settings(config_pb2.MetricConfig(config='"name": "area", "weights": {"0": 1}'))
    {'name': 'area', 'weights': {'0': 1}}
    """
    text = metric.config
    settings: dict[str, Any] = json.loads(text if text.startswith("{") else f"{{{text}}}")
    return settings


def thresholds_of(eval_config: config_pb2.EvalConfig) -> Mapping[metric_types.MetricKey, Any]:
    """Returns TFMA's thresholds by metric, each with the spec of its slices."""
    return metric_specs.metric_thresholds_from_metrics_specs(
        eval_config.metrics_specs, eval_config=eval_config
    )


def computations_of(
    eval_config: config_pb2.EvalConfig,
    spec: config_pb2.MetricsSpec,
    metric: config_pb2.MetricConfig,
) -> list[Any]:
    """Returns the computations of a metric of one of the config's specs alone."""
    alone = copy.deepcopy(eval_config)
    del alone.metrics_specs[:]
    alone.metrics_specs.add().CopyFrom(spec)
    del alone.metrics_specs[0].metrics[:]
    alone.metrics_specs[0].metrics.add().CopyFrom(metric)
    return metric_specs.to_computations(alone.metrics_specs, eval_config=alone)


def _first_that_fails(eval_config: config_pb2.EvalConfig) -> str:
    """Names the class of the first metric that TFMA cannot use; "" for none."""
    for spec in eval_config.metrics_specs:
        for metric in spec.metrics:
            try:
                computations_of(eval_config, spec, metric)
            except (Exception, SystemExit):
                return metric.class_name
    return ""


def metric_code(eval_config: config_pb2.EvalConfig) -> str:
    """Fingerprints the source of the metrics that the config names by module.

    TFX's cache compares parameters, not the code that a parameter names.

    Raises:
        EvalConfigError: A module cannot be found or parsed.
    """
    return digest_sources(metric_sources(eval_config))


def metric_modules(eval_config: config_pb2.EvalConfig) -> list[str]:
    """Lists the modules of the metrics that are not TFMA's, in order."""
    modules = {metric.module for spec in eval_config.metrics_specs for metric in spec.metrics}
    return sorted(name for name in modules if name and not name.startswith(_TFMA))


def metric_sources(eval_config: config_pb2.EvalConfig) -> dict[str, Path]:
    """Finds the source files of the metrics that the config names by module, by module name.

    Raises:
        EvalConfigError: A module cannot be found or parsed.
    """
    try:
        return import_closure(metric_modules(eval_config), whole=(_LIBRARY,))
    except (ModuleNotFoundError, SyntaxError) as error:
        raise EvalConfigError(
            f"The evaluation config cannot be used: {first_line(error)}. Correct the module of its "
            "metric, or make it importable where the pipeline is defined."
        ) from error


def check_thresholds(eval_config: config_pb2.EvalConfig) -> None:
    """Checks that every metric that has a threshold is computed.

    Args:
        eval_config: Evaluation config with its defaults filled in.

    Raises:
        EvalConfigError: One is not, so that no model could ever meet its threshold.
    """
    specs = eval_config.metrics_specs
    computed = {
        key.name
        for computation in metric_specs.to_computations(specs, eval_config=eval_config)
        for key in computation.keys
        if not key.name.startswith("_")
    }
    for name in sorted({str(key.name) for key in thresholds_of(eval_config)} - computed):
        raise EvalConfigError(
            f"The evaluation config has a threshold for {name!r}, which it does not compute. It "
            f"computes: {listed(computed, 'nothing')}. Name one of these, or add the metric to "
            "metrics_specs."
        )
    for name in sorted(named_thresholds(eval_config) & computed):
        raise EvalConfigError(
            f"The evaluation config has a threshold for {name!r} in its MetricsSpec, and it is one "
            "of several values of a metric, which TFMA does not find. Add a metric for it alone, "
            "with the threshold in its MetricConfig."
        )


def unvalidated_reason(eval_config: config_pb2.EvalConfig) -> str | None:
    """Says why meeting all thresholds validates nothing; None if it does.

    A threshold without a finite bound, such as a change threshold that only declares a direction,
    is met by every value.

    Args:
        eval_config: Evaluation config with its defaults filled in.
    """
    thresholds = thresholds_of(eval_config)
    if not thresholds:
        return "the evaluation config has no thresholds"
    if not any(_demands(bound) for known in thresholds.values() for _, bound in known):
        return "no threshold of the evaluation config has a finite bound"
    return None


def _demands(
    threshold: config_pb2.GenericValueThreshold | config_pb2.GenericChangeThreshold,
) -> bool:
    """Checks whether there are values that miss a threshold."""
    is_value = isinstance(threshold, config_pb2.GenericValueThreshold)
    names = ("lower_bound", "upper_bound") if is_value else ("absolute", "relative")
    return any(
        threshold.HasField(name) and math.isfinite(getattr(threshold, name).value) for name in names
    )
