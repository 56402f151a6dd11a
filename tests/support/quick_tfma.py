"""Keeps what TFMA works out anew for each evaluation, and which depends on its arguments alone."""

import copy
import functools
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tensorflow_model_analysis.metrics import binary_confusion_matrices, metric_specs
from tensorflow_model_analysis.utils import model_util

from tests.support import quick_histograms

# What tells of a SavedModel whether Keras can load it; the weights do not.
_GRAPHS = ("saved_model.pb", "keras_metadata.pb")


def use() -> None:
    """Keeps the answers from now on, in this process and in those that are forked from it."""
    if hasattr(model_util.get_model_type, "__wrapped__"):
        return
    model_util.get_model_type = _once_a_graph(model_util.get_model_type)
    # 10,000 numbers for each AUC, in each step of each pipeline.
    binary_confusion_matrices._interpolated_thresholds = _copied(  # noqa: SLF001
        binary_confusion_matrices._interpolated_thresholds  # noqa: SLF001
    )
    quick_histograms.use()
    # Dozens of times for a sweep, for each step that needs the computations.
    metric_specs._deserialize_tfma_metric = _once_a_config(  # noqa: SLF001
        metric_specs._deserialize_tfma_metric  # noqa: SLF001
    )


def _once_a_graph(find: Callable[..., str]) -> Callable[..., str]:
    """TFMA loads the model as Keras would to find its type, and then once more to predict."""
    kept: dict[Any, str] = {}

    @functools.wraps(find)
    def found(
        model_spec: Any, model_path: str | None = "", tags: Sequence[str] | None = None
    ) -> str:
        graph = hashlib.sha256()
        for path in (Path(model_path) / name for name in _GRAPHS):
            graph.update(path.read_bytes() if path.is_file() else b"-")
        spec = model_spec.SerializeToString(deterministic=True) if model_spec else None
        key = (spec, graph.digest() if model_path else None, tuple(tags or ()))
        if key not in kept:
            kept[key] = find(model_spec, model_path, tags)
        return kept[key]

    return found


def _once_a_config(make: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A metric only holds its settings; whoever asks gets a copy, in case they are changed."""
    kept: dict[Any, Any] = {}

    @functools.wraps(make)
    def made(metric_config: Any, custom_objects: Any) -> Any:
        kind = custom_objects.get(metric_config.class_name)
        key = (kind, metric_config.class_name, metric_config.config)
        if key not in kept:
            kept[key] = make(metric_config, custom_objects)
        found = copy.copy(kept[key])
        found.kwargs = copy.deepcopy(found.kwargs)
        return found

    return made


def _copied(make: Callable[[int], list[float]]) -> Callable[[int], list[float]]:
    made = functools.cache(make)

    @functools.wraps(make)
    def copied(number: int) -> list[float]:
        return list(made(number))

    return copied
