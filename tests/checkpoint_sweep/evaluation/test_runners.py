"""Every Beam runner computes the same, on all of the examples."""

import dataclasses
import os
import pathlib
import shlex
import sys

import apache_beam as beam
import pytest
import tensorflow_model_analysis as tfma
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability import local_job_service, portable_runner
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.worker import worker_pool_main

from checkpoint_sweep.evaluation import EvaluateModels
from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle
from tests.support import forked_interpreter, warm_pipeline

EXAMPLES = 300
READERS = "readers"
# What runs the module that Beam appends: `-m MODULE`.
_MODULE = "import runpy, sys; runpy.run_module(sys.argv[2], run_name='__main__')"
CONFIG = """
    model_specs { label_key: "big_tipper" }
    slicing_specs {}
    slicing_specs { feature_keys: "trip_start_day" }
    metrics_specs {
      metrics { class_name: "ExampleCount" }
      metrics { class_name: "AUC" }
      metrics { class_name: "BinaryAccuracy" }
      metrics { class_name: "Mean" config: '"feature_key_path": ["features", "fare"]' }
    }
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return taxi_models.write_examples(str(tmp_path_factory.mktemp("data") / "taxi"), EXAMPLES)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    return taxi_models.write_models(str(tmp_path_factory.mktemp("models")), "binary", 3)


@pytest.fixture
def importable_in_workers(monkeypatch):
    """Worker processes find this environment's Python first, and the project."""
    root = pathlib.Path(__file__).parents[3]
    monkeypatch.setenv("PYTHONPATH", f"{root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    binaries = pathlib.Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{binaries}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def portable(tmp_path):
    """Options for a job service and an external pool of worker processes."""
    job_service = local_job_service.LocalJobServicer(str(tmp_path / "staging"))
    port = job_service.start_grpc_server()
    pool, stop = worker_pool_main.BeamFnExternalWorkerPoolServicer.start(use_process=True)
    yield [
        f"--job_endpoint=localhost:{port}",
        "--environment_type=EXTERNAL",
        f"--environment_config={pool}",
    ]
    stop.stop(1)
    job_service.stop()


def _run(runner, options, data, sources, directory, **arguments):
    outputs = {source.name: str(directory / source.name) for source in sources}
    readers = directory / READERS
    readers.mkdir()
    with beam.Pipeline(runner=runner, options=PipelineOptions(options)) as pipeline:
        batches = pipeline | ReadFeatures([data], None, None, 64)
        _ = batches | EvaluateModels(sources, outputs, tfma_oracle.config(CONFIG), **arguments)
        _ = batches | "Readers" >> beam.Map(lambda _: (readers / str(os.getpid())).touch())
    loaded = [tfma_oracle.load(output) for output in outputs.values()]
    overall = dict(tfma.load_eval_result(next(iter(outputs.values()))).slicing_metrics)[()]
    assert overall[""][""]["example_count"]["doubleValue"] == EXAMPLES
    return loaded


@pytest.fixture(scope="module")
def in_memory(data, sources, tmp_path_factory):
    return _run(FnApiRunner(), [], data, sources, tmp_path_factory.mktemp("memory"))


def test_smaller_batches_give_the_same(data, sources, in_memory, tmp_path):
    smaller = _run(FnApiRunner(), [], data, sources, tmp_path, batch_size=7)
    assert tfma_oracle.differences(in_memory, smaller) == []


def test_relative_paths_work_where_workers_run_in_another_folder(
    data, sources, in_memory, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    named = [
        dataclasses.replace(
            source,
            saved_model=SavedModel(os.path.relpath(source.saved_model.directory)),
            weights=os.path.relpath(source.weights),
        )
        for source in sources
    ]
    outputs = {source.name: f"results/{source.name}" for source in named}
    pipeline = beam.Pipeline(runner=FnApiRunner())
    read = ReadFeatures([os.path.relpath(data)], None, None, 64)
    _ = pipeline | read | EvaluateModels(named, outputs, tfma_oracle.config(CONFIG))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    pipeline.run().wait_until_finish()
    loaded = [tfma_oracle.load(str(tmp_path / output)) for output in outputs.values()]
    assert tfma_oracle.differences(in_memory, loaded) == []


@pytest.mark.slow
@pytest.mark.usefixtures("importable_in_workers")
def test_several_processes_give_the_same(data, sources, in_memory, tmp_path, monkeypatch):
    # Forked ones, which have imported before; those of the portable runner import by themselves.
    python = forked_interpreter.command(warm_pipeline.without_tfx().address)
    monkeypatch.setattr(sys, "executable", shlex.join([*python, "-u", "-c", _MODULE]))
    options = ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    several = _run(FnApiRunner(), options, data, sources, tmp_path)
    assert tfma_oracle.differences(in_memory, several) == []
    assert len(list((tmp_path / READERS).iterdir())) == 2, "of one file, each reads a part"


@pytest.mark.slow
@pytest.mark.usefixtures("importable_in_workers")
def test_a_portable_runner_gives_the_same(data, sources, in_memory, portable, tmp_path):
    result = _run(portable_runner.PortableRunner(), portable, data, sources, tmp_path)
    assert tfma_oracle.differences(in_memory, result) == []
