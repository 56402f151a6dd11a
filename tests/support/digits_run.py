"""A model of the digits, trained for a moment by the problem's own entry point."""

import dataclasses
from pathlib import Path

import tensorflow as tf
from tfx import v1 as tfx
from tfx.components.util import tfxio_utils
from tfx.types import standard_artifacts

from checkpoint_sweep.model_run.candidates import Candidates, make_candidates
from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.saved_model.saved_model import SavedModel
from pipeline.problems.digits import data, problem, training
from tests.support import taxi_examples

EVALUATED = 120
_TRAINED = 360


@dataclasses.dataclass(frozen=True)
class DigitsRun:
    """What the Trainer leaves behind, and what it was given.

    Attributes:
        model_run: directory of the checkpoints.
        export: directory of the SavedModel of the last step.
        evaluated: TFRecord file, compressed by gzip, of the `EVALUATED` examples of split eval.
    """

    model_run: Path
    export: Path
    evaluated: str

    def candidates(self) -> Candidates:
        """A candidate for each checkpoint of a trained model, as the sweep makes them."""
        found = find_checkpoints(str(self.model_run))
        return make_candidates(
            SavedModel(str(self.export)), found, [c for c in found if c.step > 0]
        )


def train(directory: Path, steps: int, checkpoint_steps: int) -> DigitsRun:
    """Trains as the pipeline's node does.

    Args:
        directory: empty; for all files.
    """
    serialized = data.examples(_TRAINED + EVALUATED)
    splits = {"train": serialized[:_TRAINED], "eval": serialized[_TRAINED:]}
    examples = taxi_examples.write_examples(directory / "examples", splits)
    files = {split: _file(examples, split) for split in splits}
    model_run, export = directory / "model_run", directory / "model" / "Format-Serving"
    training.run_fn(
        tfx.components.FnArgs(
            train_files=[files["train"]],
            eval_files=[files["eval"]],
            train_steps=steps,
            schema_path=str(problem.digits().schema),
            data_accessor=tfx.components.DataAccessor(
                tf_dataset_factory=tfxio_utils.get_tf_dataset_factory_from_artifact(
                    [examples], ["Test"]
                ),
                record_batch_factory=None,
                data_view_decode_fn=None,
            ),
            model_run_dir=str(model_run),
            serving_model_dir=str(export),
            custom_config={"checkpoint_steps": checkpoint_steps, **problem.digits().options},
        )
    )
    return DigitsRun(model_run, export, files["eval"])


def _file(examples: standard_artifacts.Examples, split: str) -> str:
    (file,) = tf.io.gfile.glob(f"{examples.uri}/Split-{split}/*")
    return file
