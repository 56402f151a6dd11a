"""Every refusal of the sweep, with the message that docs/bring-your-own.md states for it.

Each is raised by the executor on the artifacts of a run, as a pipeline would meet it.
"""

import dataclasses
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import json_format, text_format

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.saved_model.model_source import VARIABLES
from checkpoint_sweep.selection.direction import Direction
from checkpoint_sweep.selection.selection import Selection
from pipeline.problems.problem import repository
from tests.checkpoint_sweep.tfx_components.sweep.conftest import EVAL_CONFIG, Sweep
from tests.support import keras_run
from tests.support.bundles import read_bundle, write_bundle
from tests.support.estimator_run import EstimatorRun


@dataclasses.dataclass
class Case:
    """A run that a refusal may damage, and a sweep over it with parameters that it may change."""

    model_run: Path
    export: Path
    scratch: Path
    sweep: Sweep
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)

    def run(self) -> None:
        """Sweeps."""
        self.sweep(self, **self.parameters)

    def change(self, prefix: Path, change: Callable[[dict], dict]) -> None:
        """Rewrites a bundle."""
        write_bundle(str(prefix), change(read_bundle(str(prefix))))

    def keep(self, *names: str) -> None:
        """Leaves only files of these names, made empty, in the model run."""
        shutil.rmtree(self.model_run)
        for name in names:
            (self.model_run / name).parent.mkdir(parents=True, exist_ok=True)
            (self.model_run / name).touch()

    def configure(self, old: str, new: str) -> None:
        """Replaces a part of the evaluation config."""
        text = (EVAL_CONFIG % 0.1).replace(old, new)
        assert new in text
        config = text_format.Parse(text, tfma.EvalConfig())
        self.parameters["eval_config"] = json_format.MessageToJson(config)

    def select(self, *arguments: Any, **named: Any) -> None:
        """Selects by something else."""
        self.parameters["selection"] = Selection(*arguments, **named).to_json()

    def replace(self, save: Callable, export: Callable) -> None:
        """A Keras run in place of the Estimator's."""
        directory = self.scratch / "keras"
        directory.mkdir()
        run = keras_run.make(directory, keras_run.sequential, save, export)
        self.model_run, self.export = run.model_run, run.export


Trigger = Callable[[Case], object]
REFUSALS: dict[str, Trigger] = {}


def _refusal(when: str) -> Callable[[Trigger], Trigger]:
    def add(trigger: Trigger) -> Trigger:
        REFUSALS[when] = trigger
        return trigger

    return add


@_refusal("the model run has no checkpoint")
def _no_checkpoint(case: Case) -> None:
    case.keep("events.out")


@_refusal("a checkpoint's name has no step (`latest`)")
def _no_step(case: Case) -> None:
    case.keep("latest.index")


@_refusal("only `.h5` or `.keras` files")
def _keras_files(case: Case) -> None:
    case.keep("cp-0001.h5")


@_refusal("a SavedModel per epoch")
def _saved_models(case: Case) -> None:
    case.keep("cp-1/saved_model.pb", "cp-1/variables/variables.index")


@_refusal("checkpoints in several folders")
def _folders(case: Case) -> None:
    case.keep("a/ckpt-1.index", "b/ckpt-1.index")


@_refusal("two checkpoints of one step")
def _twice(case: Case) -> None:
    case.keep("ckpt-1.index", "ckpt-01.index")


@_refusal("two series of checkpoints in one folder")
def _series(case: Case) -> None:
    case.keep("ckpt-1.index", "other-30.index")


@_refusal("checkpoints in the first format of TensorFlow 1's saver")
def _first_format(case: Case) -> None:
    case.keep("model.ckpt-80", "model.ckpt-80.meta")


@_refusal("a data file is missing")
def _no_data(case: Case) -> None:
    (case.model_run / "model.ckpt-20.data-00000-of-00001").unlink()


@_refusal("a checkpoint of another model lacks variables")
def _lacks(case: Case) -> None:
    prefix = case.model_run / "model.ckpt-20"
    case.change(prefix, lambda t: {k: v for k, v in t.items() if k != "hidden/kernel"})


@_refusal("or has them in another shape or type")
def _misshapen(case: Case) -> None:
    prefix = case.model_run / "model.ckpt-20"
    case.change(prefix, lambda t: t | {"logit/kernel": np.zeros((9, 1), np.float32)})


@_refusal("no checkpoint of the range can be used")
def _unusable(case: Case) -> None:
    case.change(
        case.model_run / "model.ckpt-20", lambda t: t | {"hidden/bias": np.float32([np.nan] * 4)}
    )
    case.parameters.update(first_step=20, last_step=20)


@_refusal("no checkpoint can be read at all")
def _unreadable(case: Case) -> None:
    for index in case.model_run.glob("*.index"):
        index.write_bytes(b"")


@_refusal("no checkpoint lies in the step range")
def _empty_range(case: Case) -> None:
    case.parameters["first_step"] = 999


@_refusal("the step range is upside down")
def _upside_down(case: Case) -> None:
    StepRange(first=5, last=4)


@_refusal("the stride is below 1")
def _stride(case: Case) -> None:
    StepRange(stride=0)


@_refusal("the export has no weights (a frozen graph)")
def _frozen(case: Case) -> None:
    shutil.rmtree(case.export / "variables")


@_refusal("or they are unreadable")
def _damaged_export(case: Case) -> None:
    (case.export / (VARIABLES + ".index")).write_bytes(b"not a table")


@_refusal("or no signature reads them")
def _constants(case: Case) -> None:
    def export(directory: str, model: Any) -> None:
        module = tf.Module()
        module.unread = tf.Variable(1.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"probability": tf.ones_like(examples, tf.float32)}

        tf.saved_model.save(module, directory, signatures={"serving_default": serve})

    case.replace(keras_run.manager, export)


@_refusal("no checkpoint has the exported weights")
def _not_reproduced(case: Case) -> None:
    case.change(
        case.export / VARIABLES, lambda t: t | {"logit/kernel": t["logit/kernel"] + np.float32(1)}
    )


@_refusal("several tensors have them")
def _ambiguous(case: Case) -> None:
    bias = read_bundle(str(case.model_run / "model.ckpt-60"))["logit/bias"]
    case.change(
        case.model_run / "model.ckpt-60",
        lambda t: t | {"logit/bias": bias + np.float32(1), "a": bias, "b": bias},
    )


@_refusal("the model artifact holds no SavedModel")
def _no_export(case: Case) -> None:
    (case.export / "saved_model.pb").unlink()


@_refusal("or several")
def _two_exports(case: Case) -> None:
    for name in ("1", "2"):
        (case.export.parent / "Format-Serving" / "export" / name).mkdir(parents=True)


@_refusal("the signature is not in the SavedModel")
def _no_signature(case: Case) -> None:
    case.configure("label_key", 'signature_name: "scores" label_key')


@_refusal("an output is not in it")
def _no_output(case: Case) -> None:
    def export(directory: str, model: Any) -> None:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            value = model(keras_run.parse(examples))
            return {"tipper": value, "other": value}

        tf.saved_model.save(model, directory, signatures={"serving_default": serve})

    case.replace(keras_run.manager, export)
    case.configure("label_key", 'prediction_key: "score" label_key')


@_refusal("it is not said which of several outputs to evaluate")
def _several_outputs(case: Case) -> None:
    _no_output(case)
    case.configure("label_key", "label_key")


@_refusal("an output that `output_names` names is not in it")
def _no_named_output(case: Case) -> None:
    _no_output(case)
    case.configure("metrics_specs {", 'metrics_specs { output_names: "first"')
    case.select("auc", direction=Direction.HIGHER_IS_BETTER, output_name="first")


@_refusal("the signature has one output, and `output_names` names it")
def _one_output(case: Case) -> None:
    case.configure("metrics_specs {", 'metrics_specs { output_names: "probability"')
    case.select("auc", direction=Direction.HIGHER_IS_BETTER, output_name="probability")


@_refusal("the signature takes neither serialized examples nor their features")
def _tensors(case: Case) -> None:
    def export(directory: str, model: Any) -> None:
        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="image")])
        def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"probability": model(image)}

        tf.saved_model.save(model, directory, signatures={"serving_default": serve})

    case.replace(keras_run.manager, export)


@_refusal("the label is not in the examples")
def _no_label(case: Case) -> None:
    case.configure('"big_tipper"', '"tips_xf"')


@_refusal("a split is not there")
def _no_split(case: Case) -> None:
    case.parameters["example_splits"] = '["holdout"]'


@_refusal("no split is named")
def _no_splits(case: Case) -> None:
    case.parameters["example_splits"] = "[]"


@_refusal("the selection metric is not computed")
def _no_metric(case: Case) -> None:
    case.select("accuracy")


@_refusal("its direction is not declared")
def _no_direction(case: Case) -> None:
    case.select("auc")


@_refusal("or declared twice, differently")
def _two_directions(case: Case) -> None:
    case.configure(
        "value_threshold { lower_bound { value: 0.1 } }",
        "change_threshold { absolute { value: 0 } direction: LOWER_IS_BETTER }",
    )


@_refusal("the slice is not in `slicing_specs`")
def _no_slicing(case: Case) -> None:
    case.select("auc", {"company": "Taxi"}, Direction.HIGHER_IS_BETTER)


@_refusal("or the data have no such value (after the evaluation)")
def _no_value(case: Case) -> None:
    case.select("auc", {"payment_type": "Gold"}, Direction.HIGHER_IS_BETTER)


@_refusal("the evaluation config does not make sense to TFMA")
def _bad_config(case: Case) -> None:
    case.configure('"AUC"', '"AreaUnderCurve"')


@_refusal("the engine does not exist")
def _no_engine(case: Case) -> None:
    case.parameters["engine"] = "warp"


def _documented() -> dict[str, str]:
    """From the first to the second column of the table of refusals."""
    text = (repository() / "docs" / "bring-your-own.md").read_text()
    section = text.partition("## What it refuses")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| (.+?) \| `(.+)` \|$", section, re.MULTILINE))


def test_the_table_lists_all_and_no_more() -> None:
    assert list(_documented()) == list(REFUSALS)


def _meet(refusal: Trigger, case: Case) -> None:
    refusal(case)
    case.run()


@pytest.mark.parametrize("when", REFUSALS)
def test_the_message_is_the_documented_one(
    when: str, trained: EstimatorRun, sweep: Sweep, tmp_path: Path
) -> None:
    shutil.copytree(trained.model_run, tmp_path / "run")
    shutil.copytree(trained.export.parent, tmp_path / "exported")
    case = Case(tmp_path / "run", tmp_path / "exported" / "Format-Serving", tmp_path, sweep)
    with pytest.raises(UserError) as caught:
        _meet(REFUSALS[when], case)
    pattern = re.sub("<[^<>]+>", ".+", re.escape(_documented()[when]))
    assert re.fullmatch(pattern, str(caught.value)), str(caught.value)
