"""The groups of models that fit into memory at once."""

import contextlib
import logging
import math
import os
from collections.abc import Sequence

import tensorflow as tf

from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.tensor_bundle import TensorBundle

_LOG = logging.getLogger(__name__)
_SHARE_FOR_WEIGHTS = 0.5
# A container's limit and its usage, in either version of Linux's control groups.
_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)
_MEMINFO = "/proc/meminfo"


def default_memory_budget(root: str = "") -> int:
    """Computes the bytes for weights: half of what the machine, or the container, has available.

    The other half is for activations, the data and the metrics.

    Args:
        root: Folder that the paths of Linux's files are under, for tests.
    """
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, StopIteration), open(root + _MEMINFO) as file:
        # This counts memory that the system would give back, above all caches of files.
        line = next(line for line in file if line.startswith("MemAvailable:"))
        available = int(line.split()[1]) * 1024
    for limit, usage in _CGROUPS:
        with contextlib.suppress(OSError, ValueError):  # No limit is "max".
            available = min(available, _number(root + limit) - _number(root + usage))
    return int(max(available, 0) * _SHARE_FOR_WEIGHTS)


def _number(path: str) -> int:
    with open(path) as file:
        return int(file.read())


def weight_bytes(model: ModelSource) -> int:
    """Computes the size of a model's weights in memory, in bytes.

    Counts the tensors of the SavedModel's own bundle, which are those that are restored: a training
    checkpoint also holds the optimizer's state. Without such a bundle the model has no weights.
    """
    if not tf.io.gfile.exists(model.own_weights + ".index"):
        return 0
    own = TensorBundle(model.own_weights)
    return sum(math.prod(shape) * own.dtypes[key].size for key, shape in own.shapes.items())


def split(sizes: Sequence[int], budget: int) -> list[list[int]]:
    """Divides the indices of ``sizes``, in order, into as few runs as fit ``budget`` each.

    A size above the budget is alone in its run.
    """
    groups: list[list[int]] = []
    used = 0
    for index, size in enumerate(sizes):
        if not groups or used + size > budget:
            groups.append([])
            used = 0
        groups[-1].append(index)
        used += size
    return groups


def plan_groups(
    models: Sequence[ModelSource],
    budget: int | None = None,
    always: Sequence[ModelSource] = (),
) -> list[list[ModelSource]]:
    """Groups models to load together, in their order; each group is a pass over the data.

    Args:
        models: Models to evaluate.
        budget: Bytes for weights; None for ``default_memory_budget()``.
        always: Models that are loaded with every group.
    """
    budget = default_memory_budget() if budget is None else budget
    sizes = _sizes(models)
    beside = sum(_sizes(always))
    groups = split(sizes, budget - beside)
    passes = f"{len(groups)} passes" if len(groups) != 1 else "one pass"
    _LOG.info(
        "evaluating %s in %s over the data (weights: %.1f of %.0f MB)",
        "1 model" if len(models) == 1 else f"{len(models)} models",
        passes,
        sum(sizes) / 1e6,
        budget / 1e6,
    )
    if max(sizes, default=0) + beside > budget:
        _LOG.warning("One model's weights alone exceed the budget of %.1f MB.", budget / 1e6)
    return [[models[index] for index in group] for group in groups]


def _sizes(models: Sequence[ModelSource]) -> list[int]:
    known: dict[SavedModel, int] = {}
    for model in models:
        if model.saved_model not in known:
            known[model.saved_model] = weight_bytes(model)
    return [known[model.saved_model] for model in models]
