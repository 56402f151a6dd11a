"""Gives TFMA metrics that have no value where the labels do not define them."""

import copy
import json

from google.protobuf import json_format
from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.plan.undefined import nan_where_undefined


class WhereDefined(metric_types.Metric):
    """A metric of TFMA's, with NaN in place of a value that the labels do not define.

    Args:
        metric: MetricConfig of the metric, as JSON.
        name: Name of the metric in results; None for the metric's own.
    """

    def __init__(self, metric: str, name: str | None = None) -> None:
        config = json_format.Parse(metric, config_pb2.MetricConfig())
        self._metric = metric_specs.metric_instance(config)
        if name is not None:
            settings = {**self._metric.get_config(), "name": name}
            self._metric = type(self._metric).from_config(settings)
        super().__init__(self._metric.create_computations_fn, metric=metric, name=self._metric.name)

    @property
    def compute_confidence_interval(self) -> bool:
        """Whether TFMA is to compute a confidence interval."""
        return bool(self._metric.compute_confidence_interval)

    def computations(self, **arguments: object) -> metric_types.MetricComputations:
        """Creates the metric's computations, see `metric_types.Metric.computations`."""
        return [
            nan_where_undefined(computation)
            if isinstance(computation, metric_types.DerivedMetricComputation)
            else computation
            for computation in self._metric.computations(**arguments)
        ]


def where_defined(eval_config: config_pb2.EvalConfig) -> config_pb2.EvalConfig:
    """Returns the config with `WhereDefined` in place of the metrics that need labels of a class.

    Names, thresholds and all other metrics are the same.

    Args:
        eval_config: Evaluation config with its defaults.
    """
    result = copy.deepcopy(eval_config)
    for spec in result.metrics_specs:
        for metric in spec.metrics:
            if not tfma_internals.is_of_matrices(metric_specs.metric_instance(metric)):
                continue
            text = json_format.MessageToJson(
                config_pb2.MetricConfig(
                    class_name=metric.class_name, module=metric.module, config=metric.config
                )
            )
            metric.class_name, metric.module = WhereDefined.__name__, __name__
            metric.config = json.dumps({"metric": text})
    return result
