"""Checks of a pipeline's root after kills, and of the run that has ended there."""

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from checkpoint_sweep.evaluation.results.files import SPLITS_FOLDER
from checkpoint_sweep.evaluation.results.ledger import LEDGER
from pipeline.config import metadata_store
from pipeline.reporting.store import Store, properties, state
from tests.support.run_outcome import (
    ENDED_WELL,
    columns,
    last_outputs,
    outcome,
    same,
    saved_model,
    served,
)
from tests.support.tensor_bundles import read_bundle

_STEPS = (0, 10, 20, 30, 40, 50, 60)  # that training saves; the sweep leaves out the first
_LEFTOVER = re.compile(r"\.partial-|_temp$|beam-temp-|\.temp|\.unfinished$|\.tmp")
_METRIC = "binary_crossentropy"


def completed(evaluations: Path) -> set[str]:
    """Names the checkpoints whose results are complete, as the ledgers of a folder say.

    Those on another split are `train/step-00000010`.
    """
    found = set()
    for pattern in (f"*/{LEDGER}", f"*/{SPLITS_FOLDER}/*/{LEDGER}"):
        for path in evaluations.glob(pattern):
            split = f"{path.parent.name}/" if SPLITS_FOLDER in pattern else ""
            entries = json.loads(path.read_text())["checkpoints"]
            found |= {split + entry["name"] for entry in entries if entry["status"] == "evaluated"}
    return found


def half_served(root: Path) -> Iterator[str]:
    """Versions in `serving/` that are no whole model."""
    for folder in served(root):
        try:
            saved_model(folder)
        except (OSError, ValueError, tf.errors.OpError, RuntimeError) as error:
            yield f"{folder.name} in serving/ is no whole model: {error}"


def broken(root: Path, status: int, shown: list[str]) -> Iterator[str]:
    """Yields the promises that a run has broken that was killed and restarted until it ended."""
    if status != 0:
        yield f"exit status {status}: {shown[-5:]}"
        return
    store = Store.open(metadata_store(root))
    summary = json.loads((root / "summary.json").read_text())
    if summary["run_id"] != store.last_run() or summary["state"] != "complete":
        yield f"the summary is of {summary['run_id']}: {summary['reason']}"
    if odd := {n["name"]: n["state"] for n in summary["nodes"] if n["state"] not in ENDED_WELL}:
        yield f"nodes have not ended well: {odd}"
    if running := [e.id for e in store.mlmd.get_executions() if state(e) == "running"]:
        yield f"executions are left running: {running}"
    if left := sorted(name for name in _names(root) if _LEFTOVER.search(Path(name).name)):
        yield f"left over: {left}"
    yield from half_served(root)
    yield from _trained_wrong(root)
    yield from _pushed_wrong(root, store, summary)
    yield from _evaluated_wrong(root)


def _names(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        yield from (os.path.relpath(os.path.join(folder, n), root) for n in (*folders, *files))


def _trained_wrong(root: Path) -> Iterator[str]:
    model_run = Path(last_outputs(root, "Trainer")["model_run"])
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
    pushed, chosen = saved_model(Path(versions[0])), last_outputs(root, "CheckpointSweep")["model"]
    if not same(pushed, saved_model(Path(chosen, "Format-Serving"))):
        yield "what was pushed is not the model that the sweep has written"
    tensors = _checkpoint(
        Path(last_outputs(root, "Trainer")["model_run"]), summary["sweep"]["chosen_step"]
    )
    if tensors is None or not all(np.array_equal(tensors[k], v) for k, v in pushed.items() if k):
        yield "what was pushed does not have the weights of the chosen checkpoint"


def _evaluated_wrong(root: Path) -> Iterator[str]:
    """Computes the metric anew, without TFMA, and compares."""
    model_run = Path(last_outputs(root, "Trainer")["model_run"])
    examples = Path(last_outputs(root, "CsvExampleGen")["examples"])
    x, _ = columns(examples, "train")
    mean, deviation = x.mean(), x.std()
    found = outcome(root)
    best = min((v for v in found.verdicts if v["eligible"]), key=lambda v: v["value"])
    if [v["step"] for v in found.verdicts] != list(_STEPS[1:]) or best["step"] != found.chosen:
        yield f"chosen: {found.chosen} of {found.verdicts}"
    for name, metrics in found.metrics.items():
        step = found.chosen if name == "test" else int(name.removeprefix("step-"))
        tensors = _checkpoint(model_run, step)
        x, y = columns(examples, "test" if name == "test" else "eval")
        if tensors is None or metrics["example_count"] != len(x):
            yield f"{name} is of {metrics['example_count']} examples, not {len(x)}"
            continue
        logit = (x - mean) / deviation * tensors["dense/kernel"][0, 0] + tensors["dense/bias"][0]
        expected = np.mean(np.logaddexp(0, logit) - y * logit)
        if not np.isclose(metrics[_METRIC], expected, rtol=1e-4):
            yield f"{_METRIC} of {name} is {metrics[_METRIC]}, expected {expected}"


@contextlib.contextmanager
def reported(broken: list[str]) -> Iterator[None]:
    """Reports a failing check as a broken promise, so that the next trial goes on."""
    try:
        yield
    except Exception as error:
        broken.append(f"cannot be checked: {type(error).__name__}: {error}")
