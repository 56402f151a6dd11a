"""A real Dask cluster computes what one process does, whatever becomes of a worker."""

import os
import pathlib
import pickle
import subprocess

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from checkpoint_sweep.evaluation import EvaluateModels
from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle

REPOSITORY = pathlib.Path(__file__).parents[3]
CONFIG = """
    model_specs { label_key: "big_tipper" }
    slicing_specs {}
    slicing_specs { feature_keys: "trip_start_day" }
    cross_slicing_specs {
      baseline_spec {}
      slicing_specs { feature_keys: "trip_start_day" }
    }
    options { min_slice_size { value: 40 } }
    metrics_specs {
      metrics { class_name: "ExampleCount" }
      metrics { class_name: "AUC" }
      metrics { class_name: "BinaryAccuracy" }
    }
    metrics_specs {
      query_key: "payment_type"
      metrics { class_name: "NDCG" config: '"gain_key": "fare", "top_k_list": [1]' }
    }
"""
EXAMPLES = 300
NOTES = "notes"  # As `dask_evaluation.py` names it.


@pytest.fixture(scope="module")
def python():
    """That of the environment with Dask."""
    path = pathlib.Path(os.environ.get("DASK_PYTHON", REPOSITORY / ".venv-dask/bin/python"))
    if not path.exists():
        pytest.fail(
            f"There is no {path}. Make the environment with Dask by `make .venv-dask/.installed`, "
            "or name its Python by DASK_PYTHON."
        )
    return str(path)


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    """A file of 300 examples, three models and a config, as `dask_evaluation.py` wants them."""
    directory = tmp_path_factory.mktemp("dask")
    return (
        taxi_models.write_examples(str(directory / "taxi"), EXAMPLES),
        taxi_models.write_models(str(directory), "binary", 3),
        tfma_oracle.config(CONFIG),
        directory / "whole",
        directory / "killed",
        directory / "batches",
    )


@pytest.fixture(scope="module")
def in_process(task, tmp_path_factory):
    data, sources, config, *_ = task
    directory = tmp_path_factory.mktemp("here")
    outputs = {source.name: str(directory / source.name) for source in sources}
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        batches = pipeline | ReadFeatures([data], None, None, 64)
        _ = batches | EvaluateModels(sources, outputs, config)
    return [tfma_oracle.load(output) for output in outputs.values()]


@pytest.fixture(scope="module")
def on_dask(task, python, tmp_path_factory):
    """The directories with the results of all runs."""
    path = tmp_path_factory.mktemp("task") / "task.pickle"
    path.write_bytes(pickle.dumps(task))
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "components")}
    program = [python, "-W", "ignore", "tests/support/dask_evaluation.py", str(path)]
    done = subprocess.run(
        program, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return task[-3:]


@pytest.mark.slow
def test_two_workers_that_share_a_file_give_the_same(task, in_process, on_dask):
    whole, *_ = on_dask
    loaded = [tfma_oracle.load(str(whole / source.name)) for source in task[1]]
    assert tfma_oracle.differences(in_process, loaded) == []
    seen = [note.read_text().split() for note in (whole / NOTES).iterdir()]
    assert len(seen) == 2, "both have read"
    assert sum(int(rows) for of_worker in seen for rows in of_worker) == EXAMPLES, "each once"


@pytest.mark.slow
def test_the_part_of_a_worker_that_is_killed_is_done_again(task, in_process, on_dask):
    _, killed, _ = on_dask
    loaded = [tfma_oracle.load(str(killed / source.name)) for source in task[1]]
    assert (killed / NOTES / "killed").exists()
    assert tfma_oracle.differences(in_process, loaded) == []


@pytest.mark.slow
def test_record_batches_give_what_parts_of_files_give(task, in_process, on_dask):
    *_, batches = on_dask
    loaded = [tfma_oracle.load(str(batches / source.name)) for source in task[1]]
    assert tfma_oracle.differences(in_process, loaded) == []
