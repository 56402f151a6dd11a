"""A sweep as a run of MLflow; needs the extra `mlflow`."""

import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from checkpoint_sweep.common.files import copy_folder
from checkpoint_sweep.common.names import OVERALL
from checkpoint_sweep.report.document import REPORT_HTML, TFMA_HTML, VERDICTS_JSON
from checkpoint_sweep.report.mlflow_models import LoggedCheckpoints
from checkpoint_sweep.report.sentences import what_was_swept
from checkpoint_sweep.report.sweep_result import SweepResult, largest_slices
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts

MOST_SLICES = 50
_BATCH = 1000  # what a server takes in one request
# Alias of the version that was blessed last.
CHAMPION = "champion"
_MODEL = "model"
_SAVED_MODEL = "saved_model"
# All else is refused in the name of a metric.
_NOT_IN_NAMES = re.compile(r"[^\w\-. :]", re.ASCII)
_LONGEST = 100  # of either part of a name


def log_sweep(
    swept: SweepResult,
    model: str | None = None,
    registered_name: str | None = None,
    run_name: str | None = None,
    most_slices: int = MOST_SLICES,
) -> str:
    """Logs a sweep as one run, to the tracking server and experiment that MLflow is set to.

    Every metric is logged at its checkpoint's step, overall and by slice (`auc`, `pay:Cash/auc`),
    of several runs by run (`seed-0/auc`, `seed-0 pay:Cash/auc`), and overall on each of the other
    splits (`train/auc`); averages, which are of no one step, are omitted. The metrics of the chosen
    are `chosen/auc` and so on. Each checkpoint is a LoggedModel with its metrics, without a copy of
    its weights. The verdicts, the ledger and the report, if there is one, are artifacts; so is the
    chosen model, if it is given. A registered version that is blessed has the alias `champion`.

        mlflow.set_tracking_uri("http://127.0.0.1:5000")
        log_sweep(read_sweep(evaluation.uri, blessing.uri), model, registered_name="tips")

    Args:
        swept: Sweep, with its decision.
        model: Folder of the chosen model's SavedModel; None to log no model.
        registered_name: Name under which the model gets a version in the registry; None not to.
        run_name: Name of the run; None for that of the pipeline, or the training, and the chosen.
        most_slices: Largest number of slices to log: all examples first, then the largest slices.

    Returns:
        The id of the run.

    Raises:
        ImportError: MLflow is not installed.
        ValueError: The decision is not known, or a model is to be registered, and none is given
            or none was chosen.
    """
    decision = swept.decision
    if decision is None:
        raise ValueError("The decision is not known: read the sweep with its blessing.")
    if registered_name and (model is None or decision.chosen is None):
        raise ValueError("There is no model to register: pass the one that the sweep chose.")
    import mlflow

    client = mlflow.MlflowClient()
    made = swept.report.made
    with mlflow.start_run(run_name=run_name or _run_name(made, decision)) as run:
        mlflow.log_params(_params(decision.selection))
        mlflow.set_tags(_tags(decision))
        _log_dataset(mlflow, client, run.info.run_id, made)
        logged = LoggedCheckpoints(mlflow, client, run.info)
        models = {
            (entry.run, entry.step): logged.create(entry.name, entry.step, entry.checkpoint)
            for entry in swept.evaluated
            if not entry.is_average
        }
        now = int(time.time() * 1000)
        metrics = [
            logged.metric(name, value, now, step, models[run_of, step])
            for run_of in swept.runs
            for step, name, value in metrics_by_name(swept, run_of, most_slices)
        ]
        metrics += [
            mlflow.entities.Metric(name, value, now, decision.winner.step)
            for name, value in _of_chosen(swept)
            if decision.winner is not None
        ]
        for begin in range(0, len(metrics), _BATCH):
            client.log_batch(run.info.run_id, metrics=metrics[begin : begin + _BATCH])
        logged.finish(models)
        mlflow.log_dict(decision.to_dict(), VERDICTS_JSON)
        with tempfile.TemporaryDirectory() as scratch:
            for name in ("ledger.json", REPORT_HTML, TFMA_HTML):
                source = os.path.join(swept.directory, name)
                if tf.io.gfile.exists(source):
                    tf.io.gfile.copy(source, os.path.join(scratch, name))
            mlflow.log_artifacts(scratch)
        if model is not None and decision.chosen is not None:
            _log_model(mlflow, model, run.info.run_id)
        if registered_name and decision.chosen is not None:
            _register(mlflow, registered_name, run.info, decision)
    return str(run.info.run_id)


def _params(selection: AppliedSelection) -> dict[str, str]:
    return {
        f"selection.{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in selection.to_dict().items()
        if value not in ("", {}, None)
    }


def _tags(decision: SweepVerdicts) -> dict[str, str]:
    tags = {"blessed": str(decision.blessed), "reason": decision.reason}
    if decision.winner is not None:
        tags |= {"chosen": decision.winner.name, "chosen_step": str(decision.winner.step)}
        tags |= {} if decision.winner.run is None else {"chosen_run": decision.winner.run}
    return tags


def _run_name(made: Mapping[str, Any], decision: SweepVerdicts) -> str:
    """Names a run by the pipeline, or the folder of the training, and what was chosen."""
    chosen = decision.winner.label if decision.winner else "none chosen"
    return ": ".join(part for part in (what_was_swept(made), chosen) if part)


def _log_dataset(mlflow: Any, client: Any, run_id: str, made: Mapping[str, Any]) -> None:
    """Logs the examples as the dataset of the run, by their paths."""
    entities, paths = mlflow.entities, [str(path) for path in made.get("examples") or ()]
    if not paths:
        return
    splits = ", ".join(map(str, made.get("example_splits") or ())) or "examples"
    source = json.dumps({"uris": paths})
    digest = hashlib.sha256(source.encode(errors="surrogateescape")).hexdigest()[:8]
    dataset = entities.Dataset(splits, digest, "local", source)
    tag = entities.InputTag("mlflow.data.context", "evaluation")
    client.log_inputs(run_id, datasets=[entities.DatasetInput(dataset, [tag])])


def _of_chosen(swept: SweepResult) -> Iterator[tuple[str, float]]:
    """Yields the metrics of the chosen on all examples; none without one."""
    metrics = swept.metrics.get(swept.chosen, {}) if swept.chosen else {}
    for metric, value in metrics.get(OVERALL, {}).items():
        yield metric_key(str(metric), "chosen"), value


def metrics_by_name(
    swept: SweepResult, run: str | None, most_slices: int
) -> Iterator[tuple[int, str, float]]:
    """Yields steps, names in MLflow and values: of slices, and overall on each of the other splits.

    Args:
        swept: Sweep.
        run: Name of the training run in a sweep of several; None in a sweep of one.
        most_slices: Largest number of slices.
    """
    by_step = swept.metrics_by_step(run)
    slices = largest_slices(by_step.values(), most_slices)
    for step, metrics in sorted(by_step.items()):
        for slice_key in slices:
            parts = [run or "", str(slice_key) if slice_key else ""]
            name = " ".join(part for part in parts if part)
            for metric, value in metrics.get(slice_key, {}).items():
                yield step, metric_key(str(metric), name), value
    for split, of_split in swept.metrics_by_split(run).items():
        name = " ".join(part for part in (run, split) if part)
        for step, metrics in sorted(of_split.items()):
            for metric, value in metrics.get(OVERALL, {}).items():
                yield step, metric_key(str(metric), name), value


def metric_key(metric: str, slice_name: str = "") -> str:
    """Makes a name that MLflow takes, `pay:Cash/auc`; what differs in the data differs in it.

    The slice comes first and is the only part before a slash: MLflow groups by it, and where it
    keeps metrics in files, it is a folder.

    Args:
        metric: Name of the metric.
        slice_name: Name of the slice; "" for all examples.
    """
    return f"{_part(slice_name)}/{_part(metric)}" if slice_name else _part(metric)


def _part(name: str) -> str:
    plain = name.replace("=", ":")
    part = _NOT_IN_NAMES.sub("_", plain.replace("/", "."))
    if len(part) <= _LONGEST and part == plain.replace("/", "."):
        return part
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{part[: _LONGEST - 9]}.{digest}"


def _log_model(mlflow: Any, model: str, run_id: str) -> None:
    """Logs the SavedModel as MLflow's TensorFlow flavor has it, without loading it."""
    from mlflow.models import Model

    with tempfile.TemporaryDirectory() as scratch:
        copy_folder(model, os.path.join(scratch, _SAVED_MODEL))
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


def _register(mlflow: Any, name: str, run: Any, decision: SweepVerdicts) -> None:
    client = mlflow.MlflowClient()
    try:
        client.create_registered_model(name)
    except mlflow.MlflowException as error:
        if error.error_code not in ("RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"):
            raise
    version = client.create_model_version(
        name,
        source=f"{run.artifact_uri}/{_MODEL}",
        run_id=run.run_id,
        description=decision.reason,
        tags=_tags(decision),
    )
    if decision.blessed:
        client.set_registered_model_alias(name, CHAMPION, version.version)
