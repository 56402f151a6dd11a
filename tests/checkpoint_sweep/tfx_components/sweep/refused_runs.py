"""Kinds of model runs and exports that a sweep refuses.

Over 300 lines: a list, to which a kind adds a few lines.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.saved_model.model_source import VARIABLES
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.sweeping import run_sweep
from tests.checkpoint_sweep.tfx_components.sweep.cases import Case, close, half, pipe, refusal
from tests.support import keras_run
from tests.support.policies import Named
from tests.support.tensor_bundles import read_bundle

DATA = ".data-00000-of-00001"


refusal("the model run has no checkpoint")(lambda case: case.keep("events.out"))
refusal("a checkpoint's name has no step (`latest`)")(lambda case: case.keep("latest.index"))
refusal("only `.h5` or `.keras` files")(lambda case: case.keep("cp-0001.h5"))
refusal("a SavedModel per epoch")(
    lambda case: case.keep("cp-1/saved_model.pb", "cp-1/variables/variables.index")
)
refusal("checkpoints in several folders")(
    lambda case: case.keep("a/ckpt-1.index", "b/ckpt-1.index")
)
refusal("two checkpoints of one step")(lambda case: case.keep("ckpt-1.index", "ckpt-01.index"))
refusal("two series of checkpoints in one folder")(
    lambda case: case.keep("ckpt-1.index", "other-30.index")
)
refusal("checkpoints in the first format of TensorFlow 1's saver")(
    lambda case: case.keep("model.ckpt-80", "model.ckpt-80.meta")
)
refusal("a data file is missing")(lambda case: (case.model_run / f"model.ckpt-20{DATA}").unlink())
refusal("a file of a checkpoint is a pipe")(
    lambda case: pipe(case.model_run / f"model.ckpt-20{DATA}")
)
refusal("an index is a pipe", "a file of a checkpoint is a pipe")(
    lambda case: pipe(case.model_run / "model.ckpt-20.index")
)


@refusal("a checkpoint of another model lacks variables")
def _lacks(case: Case) -> None:
    prefix = case.model_run / "model.ckpt-20"
    case.change(prefix, lambda t: {k: v for k, v in t.items() if k != "hidden/kernel"})


@refusal("or has them in another shape or type")
def _misshapen(case: Case) -> None:
    prefix = case.model_run / "model.ckpt-20"
    case.change(prefix, lambda t: t | {"logit/kernel": np.zeros((9, 1), np.float32)})


refusal("moving averages are kept from some step on, and exported")(
    lambda case: averages_from_step_40(case)
)


def averages_from_step_40(case: Case) -> None:
    """The exported bias is an average, which the first two checkpoints do not have."""

    def with_average(tensors: dict) -> dict:
        average = tensors["logit/bias"] + np.float32(1)
        return tensors | {"logit/bias/ExponentialMovingAverage": average}

    for step in (40, 60):
        case.change(case.model_run / f"model.ckpt-{step}", with_average)
    case.change(
        case.export / VARIABLES, lambda t: t | {"logit/bias": t["logit/bias"] + np.float32(1)}
    )


@refusal("no checkpoint of the range can be used")
def _unusable(case: Case) -> None:
    case.change(
        case.model_run / "model.ckpt-20", lambda t: t | {"hidden/bias": np.float32([np.nan] * 4)}
    )
    case.parameters.update(first_step=20, last_step=20)


@refusal("no checkpoint can be read at all")
def _unreadable(case: Case) -> None:
    for index in case.model_run.glob("*.index"):
        index.write_bytes(b"")


@refusal("or none may be read")
def _closed(case: Case) -> None:
    def refuse(prefix: str) -> None:
        raise tf.errors.PermissionDeniedError(None, None, f"{prefix}.index; Permission denied")

    stock = tf.compat.v1.train.NewCheckpointReader
    case.patch.setattr(
        tf.compat.v1.train,
        "NewCheckpointReader",
        lambda prefix: (stock if prefix.startswith(str(case.export)) else refuse)(prefix),
    )


@refusal("the chosen checkpoint has gone before it is exported (after the evaluation)")
def _gone(case: Case) -> None:
    stock = run_sweep.choose

    def choose(*arguments: Any) -> Any:
        decision = stock(*arguments)
        for path in case.model_run.glob("model.ckpt-*"):
            path.unlink()
        return decision

    case.patch.setattr(run_sweep, "choose", choose)


@refusal("the chosen average has gone before it is exported (after the evaluation)")
def _average_gone(case: Case) -> None:
    stock = run_sweep.choose
    case.parameters["averages"] = Averages(last=(2,)).to_json()
    case.select("auc", direction=Direction.HIGHER_IS_BETTER, policy=Named("average-last-2"))

    def choose(*arguments: Any) -> Any:
        decision = stock(*arguments)
        shutil.rmtree(case.scratch / "node" / "evaluation" / "2" / "averages")
        return decision

    case.patch.setattr(run_sweep, "choose", choose)


refusal("the export has no weights (a frozen graph)")(
    lambda case: shutil.rmtree(case.export / "variables")
)
refusal("or they are unreadable")(
    lambda case: (case.export / (VARIABLES + ".index")).write_bytes(b"not a table")
)
refusal("its weights are cut in half", "or they are unreadable")(
    lambda case: half(case.export / (VARIABLES + DATA))
)
refusal("its data file is missing", "or they are unreadable")(
    lambda case: (case.export / (VARIABLES + DATA)).unlink()
)
refusal("or they may not be read")(lambda case: close(case, case.export))


def _link(case: Case, target: str) -> None:
    (case.export / "assets.extra").mkdir()
    (case.export / "assets.extra/link").symlink_to(target)


refusal("a file beside its graph and weights is a link that leads out of it")(
    lambda case: _link(case, str(case.model_run / "checkpoint"))
)
refusal("or a link to a folder")(lambda case: _link(case, "../variables"))


def _rewrite(case: Case, change: Callable[[Any], None]) -> None:
    path = case.export / "saved_model.pb"
    proto = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    change(proto.meta_graphs[0])
    path.write_bytes(proto.SerializeToString())


@refusal("a node of its graph is of no operation that TensorFlow has (during the evaluation)")
def _unknown_op(case: Case) -> None:
    def change(meta_graph: Any) -> None:
        for node in meta_graph.graph_def.node:
            node.op = node.op.replace("MatMul", "MatMux")

    _rewrite(case, change)


@refusal("or its signature names an output that a node does not have")
def _output_of_no_node(case: Case) -> None:
    def change(meta_graph: Any) -> None:
        for signature in meta_graph.signature_def.values():
            for output in signature.outputs.values():
                output.name = output.name.partition(":")[0] + ":7"

    _rewrite(case, change)


@refusal("or no signature reads them")
def _constants(case: Case) -> None:
    def export(directory: str, model: Any) -> None:
        module = tf.Module()
        module.unread = tf.Variable(1.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"probability": tf.ones_like(examples, tf.float32)}

        tf.saved_model.save(module, directory, signatures={"serving_default": serve})

    case.replace(export)


refusal("no checkpoint has the exported weights")(
    lambda case: case.change(
        case.export / VARIABLES, lambda t: t | {"logit/kernel": t["logit/kernel"] + np.float32(1)}
    )
)


@refusal("several tensors have them")
def _ambiguous(case: Case) -> None:
    bias = read_bundle(str(case.model_run / "model.ckpt-60"))["logit/bias"]
    case.change(
        case.model_run / "model.ckpt-60",
        lambda t: t | {"logit/bias": bias + np.float32(1), "a": bias, "b": bias},
    )


refusal("the model artifact holds no SavedModel")(
    lambda case: (case.export / "saved_model.pb").unlink()
)
refusal("it holds nothing", "the model artifact holds no SavedModel")(
    lambda case: shutil.rmtree(case.export)
)


@refusal("it holds exports by their time", "the model artifact holds no SavedModel")
def _stamped(case: Case) -> None:
    for name in ("1", "2"):
        shutil.copytree(case.export, case.scratch / name)
    shutil.rmtree(case.export)
    case.export.mkdir()
    for name in ("1", "2"):
        (case.scratch / name).rename(case.export / name)


@refusal("or several")
def _two_exports(case: Case) -> None:
    for name in ("1", "2"):
        (case.export.parent / "Format-Serving" / "export" / name).mkdir(parents=True)


refusal("its graph is empty")(lambda case: (case.export / "saved_model.pb").write_bytes(b""))
refusal("or damaged")(lambda case: (case.export / "saved_model.pb").write_bytes(b"\xff" * 99))
refusal("its graph is cut in half", "or damaged")(lambda case: half(case.export / "saved_model.pb"))


@refusal("or not for serving")
def _for_training(case: Case) -> None:
    def retag(graph: Any) -> None:
        graph.meta_info_def.tags[:] = ["train"]

    _rewrite_graphs(case.export, retag)


refusal("a file of the export is a pipe")(lambda case: pipe(case.export / "saved_model.pb"))


@refusal("an asset is a pipe", "a file of the export is a pipe")
def _pipe_for_asset(case: Case) -> None:
    (case.export / "assets").mkdir(exist_ok=True)
    pipe(case.export / "assets" / "vocabulary.txt")


refusal("its weights are a pipe", "a file of the export is a pipe")(
    lambda case: pipe(case.export / (VARIABLES + ".index"))
)
refusal("the signature is not in the SavedModel")(
    lambda case: case.configure("label_key", 'signature_name: "scores" label_key')
)
refusal("the SavedModel has no signature", "the signature is not in the SavedModel")(
    lambda case: _rewrite_graphs(case.export, lambda graph: graph.signature_def.clear())
)
refusal("the signature is that of an EvalSavedModel")(
    lambda case: case.configure("label_key", 'signature_name: "eval" label_key')
)


@refusal("an output is not in it")
def _no_output(case: Case) -> None:
    _export(case, lambda value: {"tipper": value, "other": value})
    case.configure("label_key", 'prediction_key: "score" label_key')


@refusal("it is not said which of several outputs to evaluate")
def _several_outputs(case: Case) -> None:
    _no_output(case)
    case.configure("label_key", "label_key")


@refusal("an output that `output_names` names is not in it")
def _no_named_output(case: Case) -> None:
    _no_output(case)
    case.configure("metrics_specs {", 'metrics_specs { output_names: "first"')
    case.select("auc", direction=Direction.HIGHER_IS_BETTER, output_name="first")


@refusal("the signature has one output, and `output_names` names it")
def _one_output(case: Case) -> None:
    case.configure("metrics_specs {", 'metrics_specs { output_names: "probability"')
    case.select("auc", direction=Direction.HIGHER_IS_BETTER, output_name="probability")


refusal("the output is text")(
    lambda case: _export(case, lambda value: {"probability": tf.as_string(value)})
)
refusal("or one value for all examples")(
    lambda case: _export(case, lambda value: {"probability": tf.reduce_mean(value)})
)
refusal("the signature takes neither serialized examples nor their features")(
    lambda case: _export_of_features(case, "image")
)


@refusal("it takes a feature that some examples lack (during the evaluation)")
def _ragged(case: Case) -> None:
    _export_of_features(case, "trip_seconds")
    case.examples([*case.rows[:20], b""])


refusal("it takes a number, and the feature is text (during the evaluation)")(
    lambda case: _export_of_features(case, "payment_type")
)
refusal("or a number that its type does not hold (during the evaluation)")(
    lambda case: _export_of_features(case, "fare", tf.int32)
)


@refusal("it parses what the examples do not have (during the evaluation)")
def _unparsed(case: Case) -> None:
    def export(directory: str, model: Any) -> None:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            spec = {"absent": tf.io.FixedLenFeature([2], tf.float32)}
            return {"probability": model(tf.io.parse_example(examples, spec)["absent"])}

        tf.saved_model.save(model, directory, signatures={"serving_default": serve})

    case.replace(export)


def _export(case: Case, outputs: Callable[[tf.Tensor], dict[str, tf.Tensor]]) -> None:
    """A Keras run whose signature has these outputs."""

    def export(directory: str, model: Any) -> None:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            return outputs(model(keras_run.parse(examples)))

        tf.saved_model.save(model, directory, signatures={"serving_default": serve})

    case.replace(export)


def _export_of_features(case: Case, name: str, dtype: tf.DType = tf.float32) -> None:
    """A Keras run whose signature takes a feature, a number."""

    def export(directory: str, model: Any) -> None:
        @tf.function(input_signature=[tf.TensorSpec([None, 1], dtype, name=name)])
        def serve(value: tf.Tensor) -> dict[str, tf.Tensor]:
            numbers = tf.cast(value, tf.float32)
            return {"probability": model(tf.concat([numbers, numbers], 1))}

        tf.saved_model.save(model, directory, signatures={"serving_default": serve})

    case.replace(export)


def _rewrite_graphs(export: Path, change: Callable[[Any], object]) -> None:
    path = export / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for graph in saved.meta_graphs:
        change(graph)
    path.write_bytes(saved.SerializeToString())
