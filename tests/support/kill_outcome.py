"""What a root has in it: the outcome of its last run, and the models and numbers behind it."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from pipeline.config import metadata_store
from pipeline.reporting.store import Store, state
from tests.support.bundles import read_bundle

ENDED_WELL = ("complete", "cached")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run has come to, without its paths and ids.

    Attributes:
        verdicts: of the sweep.
        chosen: step.
        metrics: of each checkpoint on eval, and of the candidate on test.
        pushed: tensors of the model in `serving/`.
    """

    verdicts: list[dict[str, Any]]
    chosen: int
    metrics: dict[str, Any]
    pushed: dict[str, Any]


def outcome(root: Path) -> Outcome:
    """Of a run that has ended; the root has to be whole."""
    sweep = last_outputs(root, "CheckpointSweep")
    verdicts = json.loads(Path(sweep["blessing"], "verdicts.json").read_text())
    metrics = {
        folder.name: metrics_of(folder) for folder in Path(sweep["evaluation"]).glob("step-*")
    }
    (chosen,) = (v["step"] for v in verdicts["checkpoints"] if v["name"] == verdicts["chosen"])
    metrics["test"] = metrics_of(Path(last_outputs(root, "Evaluator")["evaluation"]))
    (folder,) = served(root)
    pushed = {key: tensor for key, tensor in saved_model(folder).items() if key}
    return Outcome(verdicts["checkpoints"], chosen, metrics, pushed)


def served(root: Path) -> list[Path]:
    """Versions that a model server would load from `serving/`."""
    return sorted(f for f in (root / "serving").glob("*") if f.name.isdigit())


def last_outputs(root: Path, node: str) -> dict[str, str]:
    """Folders of the outputs of the last execution of a node that ended well."""
    store = Store.open(metadata_store(root))
    every = sorted(store.mlmd.get_executions(), key=lambda e: e.id, reverse=True)
    name = next(e for e in every if state(e) in ENDED_WELL and _node(store, e) == node)
    return {key: artifact.uri for key, artifact in store.outputs(name).items()}


def _node(store: Store, execution: Any) -> str:
    return str(store.node_context(execution).name).rpartition(".")[2]


def columns(examples: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Feature and label of a split."""
    files = sorted(map(str, (examples / f"Split-{split}").iterdir()))
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    features = [tf.train.Example.FromString(record).features.feature for record in records]
    x = np.array([f["x"].float_list.value[0] for f in features], np.float64)
    return x, np.array([f["y"].int64_list.value[0] for f in features], np.float64)


def metrics_of(folder: Path) -> dict[str, float]:
    """By name, on all examples."""
    values = dict(tfma.load_eval_result(str(folder)).slicing_metrics)[()][""][""]
    return {key: v["doubleValue"] for key, v in values.items() if "doubleValue" in v}


def saved_model(folder: Path) -> dict[str, Any]:
    """The graph, under "", and the tensors of a SavedModel.

    Raises:
        ValueError, OSError, OpError: it is not whole.
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
    """Whether two models are equal, bit by bit."""
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)
