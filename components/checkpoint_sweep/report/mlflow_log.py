"""A sweep as a run of MLflow; needs the extra `mlflow`."""

import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from checkpoint_sweep.report.document import REPORT_HTML, TFMA_HTML
from checkpoint_sweep.report.swept import Swept, full_name, largest_slices, slice_name

MOST_SLICES = 50
_BATCH = 1000  # what a server takes in one request
_MODEL = "model"
_SAVED_MODEL = "saved_model"
# All else is refused in the name of a metric.
_NOT_IN_NAMES = re.compile(r"[^\w\-. :]", re.ASCII)
_LONGEST = 100  # of either part of a name


def log_sweep(
    swept: Swept,
    model: str | None = None,
    registered_name: str | None = None,
    run_name: str | None = None,
    most_slices: int = MOST_SLICES,
) -> str:
    """Logs a sweep as one run, to the tracking server and experiment that MLflow is set to.

    Every metric is logged at its checkpoint's step, overall and by slice (`auc`, `pay:Cash/auc`);
    averages, which are of no one step, are left out. The verdicts, the ledger and the report, if
    there is one, are artifacts; so is the chosen model, if it is given.

        mlflow.set_tracking_uri("http://127.0.0.1:5000")
        log_sweep(read_swept(evaluation.uri, verdicts), registered_name="tips", model=model)

    Args:
        swept: the sweep, from `read_swept`.
        model: folder of the chosen model's SavedModel.
        registered_name: under which the model gets a version in the registry; None not to.
        run_name: of the run; None for one of MLflow's.
        most_slices: how many slices are logged, the overall one first, then the largest.

    Returns:
        The id of the run.

    Raises:
        ImportError: MLflow is not installed.
        ValueError: a model is to be registered, and none is given or none was chosen.
    """
    chosen = swept.chosen
    if registered_name and (model is None or chosen is None):
        raise ValueError("There is no model to register: pass the one that the sweep chose.")
    import mlflow

    client = mlflow.MlflowClient()
    with mlflow.start_run(run_name=run_name) as run:
        mlflow.log_params(_params(swept.verdicts["selection"]))
        mlflow.set_tags(_tags(swept))
        metrics = [
            mlflow.entities.Metric(name, value, int(time.time() * 1000), step)
            for step, name, value in _metrics(swept, most_slices)
        ]
        for begin in range(0, len(metrics), _BATCH):
            client.log_batch(run.info.run_id, metrics=metrics[begin : begin + _BATCH])
        mlflow.log_dict(dict(swept.verdicts), "verdicts.json")
        with tempfile.TemporaryDirectory() as scratch:
            for name in ("ledger.json", REPORT_HTML, TFMA_HTML):
                source = os.path.join(swept.evaluation, name)
                if tf.io.gfile.exists(source):
                    tf.io.gfile.copy(source, os.path.join(scratch, name))
            mlflow.log_artifacts(scratch)
        if model is not None and chosen is not None:
            _log_model(mlflow, model, run.info.run_id)
        if registered_name and chosen is not None:
            _register(client, registered_name, run.info, swept)
    return str(run.info.run_id)


def _params(selection: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"selection.{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in selection.items()
        if value not in ("", {}, None)
    }


def _tags(swept: Swept) -> dict[str, str]:
    tags = {"blessed": str(swept.verdicts["blessed"]), "reason": str(swept.verdicts["reason"])}
    if swept.chosen is not None:
        tags |= {"chosen": swept.chosen.name, "chosen_step": str(swept.chosen.step)}
    return tags


def _metrics(swept: Swept, most_slices: int) -> Iterator[tuple[int, str, float]]:
    by_step = {entry.step: swept.metrics[entry.name] for entry in swept.checkpoints}
    slices = largest_slices(by_step.values(), most_slices)
    for step, metrics in sorted(by_step.items()):
        for where in slices:
            name = slice_name(where) if where else ""
            for metric, value in metrics.get(where, {}).items():
                yield step, metric_key(full_name(metric), name), value


def metric_key(metric: str, where: str = "") -> str:
    """A name that MLflow takes, `pay:Cash/auc`; what differs in the data differs in it.

    The slice comes first and is the only part before a slash: MLflow groups by it, and where it
    keeps metrics in files, it is a folder.

    Args:
        metric: its name.
        where: the slice; "" for all examples.
    """
    return f"{_part(where)}/{_part(metric)}" if where else _part(metric)


def _part(name: str) -> str:
    plain = name.replace("=", ":")
    part = _NOT_IN_NAMES.sub("_", plain.replace("/", "."))
    if len(part) <= _LONGEST and part == plain.replace("/", "."):
        return part
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{part[: _LONGEST - 9]}.{digest}"


def _log_model(mlflow: Any, model: str, run_id: str) -> None:
    """The SavedModel as MLflow's TensorFlow flavor has it, without loading it."""
    from mlflow.models import Model

    with tempfile.TemporaryDirectory() as scratch:
        _copy(model, os.path.join(scratch, _SAVED_MODEL))
        described = Model(artifact_path=_MODEL, run_id=run_id)
        described.add_flavor(
            "tensorflow",
            saved_model_dir=_SAVED_MODEL,
            model_type="tf1-estimator",
            meta_graph_tags=["serve"],
            signature_def_key="serving_default",
        )
        described.save(os.path.join(scratch, "MLmodel"))
        mlflow.log_artifacts(scratch, _MODEL)


def _copy(source: str, target: str) -> None:
    for folder, _, names in tf.io.gfile.walk(source):
        below = os.path.relpath(folder, source)
        tf.io.gfile.makedirs(os.path.join(target, below))
        for name in names:
            tf.io.gfile.copy(os.path.join(folder, name), os.path.join(target, below, name))


def _register(client: Any, name: str, run: Any, swept: Swept) -> None:
    if not _there(client.search_registered_models(), name):
        client.create_registered_model(name)
    client.create_model_version(
        name,
        source=f"{run.artifact_uri}/{_MODEL}",
        run_id=run.run_id,
        description=str(swept.verdicts["reason"]),
        tags=_tags(swept),
    )


def _there(found: Sequence[Any], name: str) -> bool:
    return any(model.name == name for model in found)
