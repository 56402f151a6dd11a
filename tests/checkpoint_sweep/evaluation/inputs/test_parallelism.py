"""Files are divided for as many workers as there are."""

import types

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from checkpoint_sweep.evaluation.inputs import parallelism
from checkpoint_sweep.evaluation.inputs.parallelism import (
    Spread,
    deal,
    number_of_workers,
    parts_of_a_file,
)

PROCESSES = "--direct_running_mode=multi_processing"


@pytest.mark.parametrize(
    ("files", "workers", "parts"),
    [
        (1, 1, 1),  # one process divides nothing
        (9, 1, 1),
        (1, 2, 2),
        (2, 2, 1),
        (3, 2, 2),
        (4, 6, 3),
        (7, 8, 8),
        (31, 8, 8),
        (32, 8, 1),  # four files each: enough
        (1000, 8, 1),
    ],
)
def test_all_workers_get_as_many_parts_of_few_files(files, workers, parts):
    assert parts_of_a_file(files, workers) == parts


@pytest.mark.parametrize(
    ("parts", "workers", "sizes"),
    [
        (1, 1, [1]),
        (64, 1, [64]),
        (2, 2, [1, 1]),
        (101, 2, [51, 50]),
        (3, 8, [1, 1, 1]),
    ],
)
def test_each_worker_gets_its_parts_as_one_element(parts, workers, sizes):
    hands = deal(range(parts), workers)
    assert [len(hand) for hand in hands] == sizes
    assert sorted(part for hand in hands for part in hand) == list(range(parts))


@pytest.mark.parametrize(
    ("args", "workers"),
    [
        (["--runner=FnApiRunner"], 1),
        (["--runner=direct"], 1),
        (["--runner=FnApiRunner", "--direct_num_workers=3"], 1),  # in memory there is one
        (["--runner=FnApiRunner", "--direct_num_workers=3", PROCESSES], 3),
        (["--runner=PortableRunner", "--job_endpoint=localhost:1"], 16),
        (["--runner=FlinkRunner", "--parallelism=5"], 5),
        (["--runner=SparkRunner"], 16),
        (["--runner=PortableRunner", "--num_workers=4", "--max_num_workers=9"], 9),
    ],
)
def test_options_say_how_many_workers_there_are(args, workers):
    pipeline = beam.Pipeline(options=PipelineOptions(args))
    assert number_of_workers(pipeline) == workers


class DaskRunner:
    """A runner of this name, as a pipeline has it."""


@pytest.mark.parametrize(("threads", "workers"), [(5, 5), (0, 16)])
def test_a_cluster_without_workers_yet_gets_work_for_several(threads, workers, monkeypatch):
    monkeypatch.setattr(parallelism, "threads_on_dask", lambda options: threads)
    pipeline = types.SimpleNamespace(runner=DaskRunner(), options=PipelineOptions())
    assert number_of_workers(pipeline) == workers


@pytest.mark.parametrize(
    ("args", "kept"),
    [
        (["--runner=FnApiRunner"], True),
        (["--runner=FnApiRunner", PROCESSES], False),
        (["--runner=FnApiRunner", "--direct_runner_bundle_repeat=1"], False),
        (["--runner=DirectRunner"], False),  # It may choose one that starts processes.
    ],
)
def test_objects_are_kept_where_each_step_runs_once_in_this_process(args, kept):
    assert parallelism.keeps_objects(beam.Pipeline(options=PipelineOptions(args))) == kept


@pytest.mark.parametrize(
    ("args", "shuffled"),
    [
        (["--runner=FnApiRunner"], False),
        (["--runner=FnApiRunner", "--direct_num_workers=1", PROCESSES], True),
        (["--runner=SparkRunner"], True),
    ],
)
def test_elements_are_shuffled_only_between_processes(args, shuffled):
    pipeline = beam.Pipeline(options=PipelineOptions(args))
    elements = pipeline | beam.Create([1])
    assert (elements | Spread() is not elements) == shuffled
