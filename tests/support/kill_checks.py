"""What must hold of a root after kills, and of the run that has come to its end there."""

import dataclasses
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2

from checkpoint_sweep.evaluation.ledger import LEDGER
from pipeline.config import metadata_store
from pipeline.reporting.store import Store, properties, state
from tests.support.bundles import read_bundle

_STEPS = (0, 10, 20, 30, 40, 50, 60)  # that training saves; the sweep leaves out the first
_LEFTOVER = re.compile(r"\.partial-|_temp$|beam-temp-|\.temp|\.unfinished$|\.tmp")
_METRIC = "binary_crossentropy"


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


def evaluated(record: Path) -> Counter[str]:
    """How often a Beam pipeline was made for each checkpoint."""
    lines = record.read_text().splitlines() if record.exists() else []
    return Counter(line for line in lines if line.startswith("step-"))


def completed(root: Path) -> set[str]:
    """Checkpoints whose results are complete, as the ledgers say."""
    found = set()
    for path in (root / "CheckpointSweep/evaluation").glob(f"*/{LEDGER}"):
        entries = json.loads(path.read_text())["checkpoints"]
        found |= {entry["name"] for entry in entries if entry["status"] == "evaluated"}
    return found


def served(root: Path) -> list[Path]:
    """Versions that a model server would load from `serving/`."""
    return sorted(f for f in (root / "serving").glob("*") if f.name.isdigit())


def half_served(root: Path) -> Iterator[str]:
    """Versions in `serving/` that are no whole model."""
    for folder in served(root):
        try:
            _model(folder)
        except (OSError, ValueError, tf.errors.OpError, RuntimeError) as error:
            yield f"{folder.name} in serving/ is no whole model: {error}"


def outcome(root: Path) -> Outcome:
    """Of a run that has ended; the root has to be whole."""
    sweep = _last(root, "CheckpointSweep")
    verdicts = json.loads(Path(sweep["blessing"], "verdicts.json").read_text())
    metrics = {folder.name: _metrics(folder) for folder in Path(sweep["evaluation"]).glob("step-*")}
    (chosen,) = (v["step"] for v in verdicts["checkpoints"] if v["name"] == verdicts["chosen"])
    metrics["test"] = _metrics(Path(_last(root, "Evaluator")["evaluation"]))
    (folder,) = served(root)
    pushed = {key: tensor for key, tensor in _model(folder).items() if key}
    return Outcome(verdicts["checkpoints"], chosen, metrics, pushed)


def broken(root: Path, status: int, shown: list[str]) -> Iterator[str]:
    """Which promises a run has broken that was killed and started again until it ended."""
    if status != 0:
        yield f"exit status {status}: {shown[-5:]}"
        return
    store = Store.open(metadata_store(root))
    summary = json.loads((root / "summary.json").read_text())
    if summary["run_id"] != store.last_run() or summary["state"] != "complete":
        yield f"the summary is of {summary['run_id']}: {summary['reason']}"
    if odd := {n["name"]: n["state"] for n in summary["nodes"] if n["state"] not in _WELL}:
        yield f"nodes have not ended well: {odd}"
    if running := [e.id for e in store.mlmd.get_executions() if state(e) == "running"]:
        yield f"executions are left running: {running}"
    if left := sorted(name for name in _names(root) if _LEFTOVER.search(Path(name).name)):
        yield f"left over: {left}"
    yield from half_served(root)
    yield from _trained_wrong(root)
    yield from _pushed_wrong(root, store, summary)
    yield from _evaluated_wrong(root)


_WELL = ("complete", "cached")


def _names(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        yield from (os.path.relpath(os.path.join(folder, n), root) for n in (*folders, *files))


def _last(root: Path, node: str) -> dict[str, str]:
    """Folders of the outputs of the last execution of a node that ended well."""
    store = Store.open(metadata_store(root))
    every = sorted(store.mlmd.get_executions(), key=lambda e: e.id, reverse=True)
    name = next(e for e in every if state(e) in _WELL and _node(store, e) == node)
    return {key: artifact.uri for key, artifact in store.outputs(name).items()}


def _node(store: Store, execution: Any) -> str:
    return str(store.node_context(execution).name).rpartition(".")[2]


def _trained_wrong(root: Path) -> Iterator[str]:
    model_run = Path(_last(root, "Trainer")["model_run"])
    found = {step: _checkpoint(model_run, step) for step in _STEPS}
    if missing := [step for step, tensors in found.items() if tensors is None]:
        yield f"checkpoints are missing or damaged: {missing}"
    if wrong := [s for s, t in found.items() if t is not None and t["global_step"] != s]:
        yield f"checkpoints are of another step: {wrong}"
    summary = json.loads((root / "summary.json").read_text())
    last = summary["training"]["continued_from_step"]
    for step in _STEPS if last is not None else ():
        name = f"model.ckpt-{step}.data-00000-of-00001"
        others = [
            f.read_bytes() for f in model_run.parent.glob(f"*/{name}") if f.parent != model_run
        ]
        if step <= last and (model_run / name).read_bytes() not in others:
            yield f"the checkpoint of step {step} was not taken over"


def _checkpoint(model_run: Path, step: int) -> dict[str, Any] | None:
    try:
        return read_bundle(f"{model_run}/model.ckpt-{step}")
    except (tf.errors.OpError, ValueError, RuntimeError):
        return None


def _pushed_wrong(root: Path, store: Store, summary: dict[str, Any]) -> Iterator[str]:
    versions = [str(folder) for folder in served(root)]
    pushes = [properties(a) for a in store.mlmd.get_artifacts_by_type("PushedModel")]
    noted = {p["pushed_destination"] for p in pushes if p.get("pushed") == 1}
    if len(versions) != 1 or noted != set(versions):
        yield f"pushed: {versions}, noted: {sorted(noted)}"
        return
    if summary["pushed_model"] not in (versions[0], None) or versions[0] not in summary["reason"]:
        yield f"the summary says: {summary['reason']}"
    pushed, chosen = _model(Path(versions[0])), _last(root, "CheckpointSweep")["model"]
    if not same(pushed, _model(Path(chosen, "Format-Serving"))):
        yield "what was pushed is not the model that the sweep has written"
    tensors = _checkpoint(
        Path(_last(root, "Trainer")["model_run"]), summary["sweep"]["chosen_step"]
    )
    if tensors is None or not all(np.array_equal(tensors[k], v) for k, v in pushed.items() if k):
        yield "what was pushed does not have the weights of the chosen checkpoint"


def _evaluated_wrong(root: Path) -> Iterator[str]:
    """Computes the metric anew, without TFMA, and compares."""
    model_run = Path(_last(root, "Trainer")["model_run"])
    examples = Path(_last(root, "CsvExampleGen")["examples"])
    x, _ = _columns(examples, "train")
    mean, deviation = x.mean(), x.std()
    found = outcome(root)
    best = min((v for v in found.verdicts if v["eligible"]), key=lambda v: v["value"])
    if [v["step"] for v in found.verdicts] != list(_STEPS[1:]) or best["step"] != found.chosen:
        yield f"chosen: {found.chosen} of {found.verdicts}"
    for name, metrics in found.metrics.items():
        step = found.chosen if name == "test" else int(name.removeprefix("step-"))
        tensors = _checkpoint(model_run, step)
        x, y = _columns(examples, "test" if name == "test" else "eval")
        if tensors is None or metrics["example_count"] != len(x):
            yield f"{name} is of {metrics['example_count']} examples, not {len(x)}"
            continue
        logit = (x - mean) / deviation * tensors["dense/kernel"][0, 0] + tensors["dense/bias"][0]
        expected = np.mean(np.logaddexp(0, logit) - y * logit)
        if not np.isclose(metrics[_METRIC], expected, rtol=1e-4):
            yield f"{_METRIC} of {name} is {metrics[_METRIC]}, expected {expected}"


def _columns(examples: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    files = sorted(map(str, (examples / f"Split-{split}").iterdir()))
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    features = [tf.train.Example.FromString(record).features.feature for record in records]
    x = np.array([f["x"].float_list.value[0] for f in features], np.float64)
    return x, np.array([f["y"].int64_list.value[0] for f in features], np.float64)


def _metrics(folder: Path) -> dict[str, float]:
    values = dict(tfma.load_eval_result(str(folder)).slicing_metrics)[()][""][""]
    return {key: v["doubleValue"] for key, v in values.items() if "doubleValue" in v}


def _model(folder: Path) -> dict[str, Any]:
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
