"""The number of a Beam pipeline's workers, and how elements and files are divided among them."""

import math
import os
from collections.abc import Sequence
from typing import TypeVar

import apache_beam as beam
from apache_beam.options.pipeline_options import (
    DirectOptions,
    FlinkRunnerOptions,
    PipelineOptions,
    WorkerOptions,
)

_T = TypeVar("_T")

# Where neither options nor runner say the number, or there are no workers yet: enough for small
# clusters.
_UNKNOWN = 16
_SECONDS_TO_ANSWER = 10
_ENOUGH_FILES = 4  # For each worker: which of them has one more then hardly matters.
_ON_THIS_MACHINE = frozenset(
    {
        "FnApiRunner",
        "DirectRunner",
        "SwitchingDirectRunner",
        "BundleBasedDirectRunner",
        "PrismRunner",
    }
)


def number_of_workers(pipeline: beam.Pipeline) -> int:
    """Counts the workers of a pipeline, as its options or its cluster say.

    Args:
        pipeline: Pipeline with its runner and options.
    """
    options, runner = pipeline.options, type(pipeline.runner).__name__
    if runner == "DaskRunner":
        return threads_on_dask(options) or _UNKNOWN
    if runs_in_this_process(pipeline):
        return 1
    if runner in _ON_THIS_MACHINE:
        return int(options.view_as(DirectOptions).direct_num_workers) or os.cpu_count() or 1
    worker = options.view_as(WorkerOptions)
    said = (
        worker.num_workers,
        worker.max_num_workers,
        options.view_as(FlinkRunnerOptions).parallelism,
    )
    return max((number for number in said if number and number > 0), default=_UNKNOWN)


def runs_in_this_process(pipeline: beam.Pipeline) -> bool:
    """Tells whether this process alone does all the work of a pipeline.

    Args:
        pipeline: Pipeline with its runner and options.
    """
    if type(pipeline.runner).__name__ not in _ON_THIS_MACHINE:
        return False
    mode: str = pipeline.options.view_as(DirectOptions).direct_running_mode
    return mode == "in_memory"


def drops_ends_of_bundles(pipeline: beam.Pipeline) -> bool:
    """Tells whether the runner of a pipeline drops what a step gives when a bundle ends.

    Args:
        pipeline: Pipeline with its runner.
    """
    return type(pipeline.runner).__name__ == "DaskRunner"


def keeps_objects(pipeline: beam.Pipeline) -> bool:
    """Tells whether an object that one step holds can be there for the next, in this process.

    `DirectRunner` may choose a runner that starts processes of its own, and a bundle that is
    repeated, as when Beam is profiled, adds to the object again.

    Args:
        pipeline: Pipeline with its runner and options.
    """
    repeats = pipeline.options.view_as(DirectOptions).direct_runner_bundle_repeat
    is_in_memory = type(pipeline.runner).__name__ == "FnApiRunner" and runs_in_this_process(
        pipeline
    )
    return is_in_memory and not repeats


class Spread(beam.PTransform):
    """Spreads elements over all workers; nothing where one process does all the work.

    There, to pass elements on costs less than to write them down and to read them again.
    """

    def expand(self, elements: beam.PCollection) -> beam.PCollection:
        """Spreads the elements."""
        if runs_in_this_process(elements.pipeline):
            return elements
        return elements | beam.Reshuffle()


def parts_of_a_file(files: int, workers: int) -> int:
    """Computes the least number of parts of each file that gives all workers as many parts.

    Every part reads through its whole file, which is compressed, so fewer are better; and of many
    files none is divided.
    """
    if files >= _ENOUGH_FILES * workers:
        return 1
    return workers // math.gcd(files, workers)


def deal(parts: Sequence[_T], workers: int) -> list[list[_T]]:
    """Deals parts out to elements of a pipeline: one for each worker, which has costs of its own.

    >>> deal("abcde", 2)
    [['a', 'c', 'e'], ['b', 'd']]
    """
    return [list(parts[first::workers]) for first in range(min(workers, len(parts)))]


def threads_on_dask(options: PipelineOptions) -> int:
    """Counts the threads of all workers of the cluster that the options name.

    Raises:
        OSError: No scheduler answers there.
    """
    from apache_beam.runners.dask.dask_runner import DaskOptions
    from dask import distributed  # Only where there is such a cluster.

    dask = options.view_as(DaskOptions)
    if not dask.address and not dask.scheduler_file:
        return os.cpu_count() or 1  # Beam starts as many.
    with distributed.Client(
        address=dask.address,
        scheduler_file=dask.scheduler_file,
        timeout=dask.timeout or _SECONDS_TO_ANSWER,
        set_as_default=False,
    ) as client:
        return sum(client.nthreads().values())
