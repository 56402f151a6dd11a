"""Of which kind each metric of an evaluation is, whatever its name: as its config says."""

import dataclasses
import inspect
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tensorflow_model_analysis.metrics import metric_types
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.eval_config import metric_settings
from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.selection.metric_traits import known_kind


@dataclasses.dataclass(frozen=True)
class MetricKinds:
    """Says of which kind a metric is: by which default name of TFMA's its traits are known.

    Attributes:
        by_name: Kinds by output and name, of the metrics that a config names; "" for none known.
    """

    by_name: Mapping[tuple[str, str], str] = dataclasses.field(default_factory=dict)

    @classmethod
    def of_config(cls, eval_config: config_pb2.EvalConfig) -> "MetricKinds":
        """Reads the kinds from the classes of metrics; their subclasses are of the same kind.

        No code is imported: a class in a module that is not loaded goes by its name.

        >>> spec = config_pb2.MetricsSpec()
        >>> _ = spec.metrics.add(class_name="AUC", config='"name": "area"')
        >>> kinds = MetricKinds.of_config(config_pb2.EvalConfig(metrics_specs=[spec]))
        >>> kinds.of(MetricName("", "classId:1", "area"))
        'auc'

        Args:
            eval_config: Config of an evaluation.
        """
        found: dict[tuple[str, str], str] = {}
        for spec in eval_config.metrics_specs:
            for metric in spec.metrics:
                kind = _kind(metric)
                for output in spec.output_names or [""]:
                    for name in _names(metric):
                        other = found.setdefault((output, name), kind)
                        if other != kind:
                            found[output, name] = ""
        return cls(found)

    def of(self, metric: MetricName) -> str:
        """Returns the kind of a metric: its own name where no config tells another."""
        return self.by_name.get((metric.output_name, metric.name), metric.name)


def _kind(metric: config_pb2.MetricConfig) -> str:
    kinds = (known_kind(name) for name in _class_names(metric))
    return next((kind for kind in kinds if kind), "")


def _class_names(metric: config_pb2.MetricConfig) -> Iterator[str]:
    """Yields the name of the metric's class, and those of its bases, the nearest first."""
    yield metric.class_name
    if (found := _class(metric)) is not None:
        yield from (base.__name__ for base in found.__mro__)


def _class(metric: config_pb2.MetricConfig) -> type[Any] | None:
    if metric.module:
        found = getattr(sys.modules.get(metric.module), metric.class_name, None)
        return found if isinstance(found, type) else None
    return metric_types.registered_metrics().get(metric.class_name)


def _names(metric: config_pb2.MetricConfig) -> Iterator[str]:
    """Yields the name in the config, or else those that the class may give."""
    if name := metric_settings(metric).get("name"):
        yield name
        return
    yield "".join(f"_{c.lower()}" if c.isupper() else c for c in metric.class_name).lstrip("_")
    yield metric.class_name.lower()
    if (found := _class(metric)) is not None:
        named = inspect.signature(found).parameters.get("name")
        if named is not None and isinstance(named.default, str):
            yield named.default
