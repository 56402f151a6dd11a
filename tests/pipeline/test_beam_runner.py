"""What Beam runs on, and which nodes."""

import dataclasses
from pathlib import Path

import pytest

from pipeline.beam_runner import IN_THIS_PROCESS, beam_placement, is_local, named_runner, short_name

DASK = "--runner=apache_beam.runners.dask.dask_runner.DaskRunner"


@pytest.mark.parametrize(
    ("beam_args", "runner"),
    [
        ([], None),
        (["--temp_location=gs://b/t"], None),
        (["--runner=DataflowRunner"], "DataflowRunner"),
        (["--runner", "DataflowRunner", "--project=p"], "DataflowRunner"),
        (["--runner=direct", "--runner", "flink"], "flink"),
        ([DASK], "apache_beam.runners.dask.dask_runner.DaskRunner"),
    ],
)
def test_the_runner_is_the_one_that_beam_would_take(
    beam_args: list[str], runner: str | None
) -> None:
    assert named_runner(beam_args) == runner


@pytest.mark.parametrize(
    ("runner", "name", "local"),
    [
        ("DirectRunner", "direct", True),
        ("directrunner", "direct", True),
        ("Direct", "direct", True),
        ("apache_beam.runners.portability.fn_api_runner.FnApiRunner", "fnapi", True),
        ("apache_beam.runners.dask.dask_runner.DaskRunner", "dask", False),
        ("dataflow", "dataflow", False),
        ("my.own.Thing", "thing", False),
    ],
)
def test_a_runner_is_recognised_in_every_spelling(runner: str, name: str, local: bool) -> None:
    assert (short_name(runner), is_local(runner)) == (name, local)


@pytest.mark.parametrize(
    ("beam_args", "engine", "everywhere", "evaluation", "sentence"),
    [
        ((DASK, "--a=1"), "tfma", IN_THIS_PROCESS, (), "All nodes run in this process"),
        (
            (DASK, "--a=1"),
            "fused",
            IN_THIS_PROCESS,
            ("--sdk_container_image=none", DASK, "--a=1"),
            "CheckpointSweep and Evaluator run on Dask",
        ),
        (("--runner=flink",), "fused", ("--runner=flink",), (), ""),
        (IN_THIS_PROCESS, "fused", IN_THIS_PROCESS, (), ""),
    ],
)
def test_dask_gets_the_nodes_that_it_can_run(
    beam_args: tuple[str, ...],
    engine: str,
    everywhere: tuple[str, ...],
    evaluation: tuple[str, ...],
    sentence: str,
) -> None:
    placement = beam_placement(beam_args, engine)
    assert (placement.everywhere, placement.evaluation) == (everywhere, evaluation)
    assert placement.sentence.startswith(sentence)
    assert bool(placement.sentence) == bool(sentence)


def test_only_evaluating_nodes_get_the_dask_runner(tmp_path: Path) -> None:
    from pipeline.dag import create_pipeline
    from pipeline.local.deployment import local
    from pipeline.options import RunOptions
    from pipeline.problems import registry

    config = RunOptions(beam_arg=[DASK]).config(registry.get("taxi"))
    config = dataclasses.replace(config, root=tmp_path, data=tmp_path)
    made = create_pipeline(config, local(config))
    runners = {
        node.id: named_runner(node.executor_spec.beam_pipeline_args)
        for node in made.components
        if hasattr(node.executor_spec, "beam_pipeline_args")
    }
    on_dask = {name for name, runner in runners.items() if runner and "dask" in runner}
    assert on_dask == {"CheckpointSweep", "Evaluator"}
    assert {runners["CsvExampleGen"], runners["StatisticsGen"]} == {"FnApiRunner"}
