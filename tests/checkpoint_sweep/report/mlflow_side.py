"""Logs sweeps to a tracking server and reads them back by MLflow's client.

Runs in the environment of MLflow: `python -m tests.checkpoint_sweep.report.mlflow_side URI FILE`,
with a pickled list of `Job` as its input; writes a JSON list of what the client reads of each.
"""

import dataclasses
import json
import pickle
import sys
import tempfile
from pathlib import Path
from typing import Any

from checkpoint_sweep.report.sweep_result import SweepResult

# Registered models of others, before all: as many as a search gives at once.
_OTHERS = 100


@dataclasses.dataclass(frozen=True)
class Job:
    """A sweep to log.

    Attributes:
        swept: the sweep.
        model: folder of the chosen model's SavedModel.
        registered_name: of the model in the registry.
        examples: serialized, for the registered model to predict.
    """

    swept: SweepResult
    model: str | None = None
    registered_name: str | None = None
    examples: tuple[bytes, ...] = ()


def main(uri: str, output: str) -> None:
    """Logs every job and writes what is read back."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    for number in range(_OTHERS):
        client.create_registered_model(f"{number:03}")
    jobs: list[Job] = pickle.load(sys.stdin.buffer)
    Path(output).write_text(json.dumps([_logged(mlflow, job) for job in jobs]))


def _logged(mlflow: Any, job: Job) -> dict[str, Any]:
    from checkpoint_sweep.report.mlflow_log import log_sweep

    run_id = log_sweep(job.swept, job.model, job.registered_name)
    client = mlflow.MlflowClient()
    run = client.get_run(run_id)
    metrics = {
        key: [(metric.step, metric.value) for metric in client.get_metric_history(run_id, key)]
        for key in run.data.metrics
    }
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(client.download_artifacts(run_id, "", folder))
        texts = {path.name: path.read_text() for path in copied.iterdir() if path.is_file()}
    read = {
        "run": run_id,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": metrics,
        "texts": texts,
    }
    models = client.search_logged_models(
        [run.info.experiment_id],
        filter_string=f"source_run_id='{run_id}'",
        order_by=[{"field_name": "metrics.auc", "ascending": False}],
    )
    read["name"] = run.info.run_name
    read["datasets"] = [known.dataset.name for known in run.inputs.dataset_inputs]
    read["models"] = [
        {
            "name": model.name,
            "status": str(model.status),
            "params": model.params,
            "tags": model.tags,
            "metrics": {metric.key: metric.value for metric in model.metrics or ()},
        }
        for model in models
    ]
    if job.registered_name:
        found = client.search_model_versions(f"name='{job.registered_name}'")
        last = max(found, key=lambda version: int(version.version))
        read["versions"] = len(found)
        read["aliases"] = dict(client.get_registered_model(job.registered_name).aliases)
        read["version"] = {"run": last.run_id, "description": last.description}
        uri = f"models:/{job.registered_name}/{last.version}"
        read["predictions"] = _predictions(mlflow.tensorflow.load_model(uri), job.examples)
    return read


def _predictions(model: Any, examples: tuple[bytes, ...]) -> dict[str, Any]:
    import tensorflow as tf

    (name,) = model.structured_input_signature[1]
    outputs = model(**{name: tf.constant(examples)})
    return {key: value.numpy().tolist() for key, value in outputs.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
