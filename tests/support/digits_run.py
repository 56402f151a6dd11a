"""A model of the digits, trained for a moment by the problem's own entry point."""

import dataclasses
from pathlib import Path

import tensorflow as tf
from tfx import v1 as tfx
from tfx.types import standard_artifacts

from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.saved_model.saved_model import SavedModel
from pipeline.problems.digits import data, problem, training
from tests.support import tfx_artifacts
from tests.support.candidates import Candidates, make_candidates

EVALUATED = 120
_TRAINED = 360


@dataclasses.dataclass(frozen=True)
class DigitsRun:
    """The output of a Trainer of the digits, and the examples to evaluate it on.

    Attributes:
        model_run: Directory of the checkpoints.
        export: Directory of the SavedModel of the last step.
        evaluated: TFRecord file, compressed by gzip, of the `EVALUATED` examples of split eval.
    """

    model_run: Path
    export: Path
    evaluated: str

    def candidates(self) -> Candidates:
        """Makes a candidate of each checkpoint of a trained model, as the sweep does."""
        found = find_checkpoints(str(self.model_run))
        return make_candidates(
            SavedModel(str(self.export)), found, [c for c in found if c.step > 0]
        )


def train(directory: Path, steps: int, checkpoint_steps: int) -> DigitsRun:
    """Trains as the pipeline's node does.

    Args:
        directory: Directory for all files, which is empty.
        steps: Training steps.
        checkpoint_steps: Steps from one checkpoint to the next.
    """
    serialized = data.examples(_TRAINED + EVALUATED)
    splits = {"train": serialized[:_TRAINED], "eval": serialized[_TRAINED:]}
    examples = tfx_artifacts.write_examples(directory / "examples", splits)
    files = {split: _file(examples, split) for split in splits}
    model_run, export = directory / "model_run", directory / "model" / "Format-Serving"
    training.run_fn(
        tfx.components.FnArgs(
            train_files=[files["train"]],
            eval_files=[files["eval"]],
            train_steps=steps,
            schema_path=str(problem.digits().schema),
            data_accessor=tfx_artifacts.data_accessor(examples),
            model_run_dir=str(model_run),
            serving_model_dir=str(export),
            custom_config={"checkpoint_steps": checkpoint_steps, **problem.digits().options},
        )
    )
    return DigitsRun(model_run, export, files["eval"])


def _file(examples: standard_artifacts.Examples, split: str) -> str:
    (file,) = tf.io.gfile.glob(f"{examples.uri}/Split-{split}/*")
    return file
