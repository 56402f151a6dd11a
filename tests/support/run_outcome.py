"""The outcome of the last run in a pipeline's root, and the models and numbers behind it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from pipeline.config import metadata_store
from pipeline.reporting.store import Store, state
from tests.support import tfma_metrics
from tests.support.tensor_bundles import read_bundle

ENDED_WELL = ("complete", "cached")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The outcome of a run, without its paths and ids.

    Attributes:
        verdicts: Verdicts of the sweep.
        chosen: Step of the chosen checkpoint.
        metrics: Metrics of each checkpoint on eval, and of the candidate on test.
        pushed: Tensors of the model in `serving/`.
    """

    verdicts: list[dict[str, Any]]
    chosen: int
    metrics: dict[str, Any]
    pushed: dict[str, Any]


def outcome(root: Path) -> Outcome:
    """Reads the outcome of a run that has ended; the root has to be whole."""
    sweep = last_outputs(root, "CheckpointSweep")
    verdicts = json.loads(Path(sweep["blessing"], "verdicts.json").read_text())
    folders = Path(sweep["evaluation"]).glob("step-*")
    metrics = {folder.name: tfma_metrics.overall(folder) for folder in folders}
    (chosen,) = (v["step"] for v in verdicts["checkpoints"] if v["name"] == verdicts["chosen"])
    metrics["test"] = tfma_metrics.overall(last_outputs(root, "Evaluator")["evaluation"])
    (folder,) = served(root)
    pushed = {key: tensor for key, tensor in saved_model(folder).items() if key}
    return Outcome(verdicts["checkpoints"], chosen, metrics, pushed)


def served(root: Path) -> list[Path]:
    """Lists the versions that a model server would load from `serving/`."""
    return sorted(f for f in (root / "serving").glob("*") if f.name.isdigit())


def last_outputs(root: Path, node: str) -> dict[str, str]:
    """Finds the outputs' folders of the last execution of a node that ended well."""
    store = Store.open(metadata_store(root))
    every = sorted(store.mlmd.get_executions(), key=lambda e: e.id, reverse=True)
    name = next(e for e in every if state(e) in ENDED_WELL and _node(store, e) == node)
    return {key: artifact.uri for key, artifact in store.outputs(name).items()}


def _node(store: Store, execution: Any) -> str:
    return str(store.node_context(execution).name).rpartition(".")[2]


def columns(examples: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Reads feature and label of a split."""
    files = sorted(map(str, (examples / f"Split-{split}").iterdir()))
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    features = [tf.train.Example.FromString(record).features.feature for record in records]
    x = np.array([f["x"].float_list.value[0] for f in features], np.float64)
    return x, np.array([f["y"].int64_list.value[0] for f in features], np.float64)


def saved_model(folder: Path) -> dict[str, Any]:
    """Reads the graph, under "", and the tensors of a SavedModel.

    Raises:
        ValueError, OSError, OpError: It is not whole.
    """
    graph = (folder / "saved_model.pb").read_bytes()
    try:
        parsed = saved_model_pb2.SavedModel.FromString(graph)
    except DecodeError as error:
        raise ValueError(str(error)) from error
    if not parsed.meta_graphs:
        raise ValueError("The graph is empty.")
    return {"": graph} | read_bundle(f"{folder}/variables/variables")


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tells whether two models are equal, bit by bit."""
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)
