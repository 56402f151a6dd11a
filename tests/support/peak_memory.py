"""The peak memory of an evaluation, measured in a process of its own.

python -m tests.support.peak_memory DIRECTORY MODELS BUDGET

Prints the peak in megabytes. Run as a module, because a process's peak never falls.
"""

import os
import sys
import tempfile
from pathlib import Path

import apache_beam as beam
import tensorflow as tf
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from benchmarks.common.memory import peak_bytes
from checkpoint_sweep.evaluation.fused.engine import evaluate_fused
from checkpoint_sweep.evaluation.request import EvaluationRequest
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle
from tests.support import passthrough_model

CONFIG = 'model_specs { label_key: "y" } metrics_specs { metrics { class_name: "AUC" } }'


class _Large(tf.Module):
    """Predicts ``p``, with weights that it hardly needs."""

    def __init__(self, megabytes: int) -> None:
        super().__init__()
        self.weights = tf.Variable(tf.zeros([megabytes * 250_000]))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Parses and predicts."""
        spec = {"p": tf.io.FixedLenFeature([1], tf.float32)}
        parsed = tf.io.parse_example(examples, spec)
        return {"predictions": parsed["p"] + tf.reduce_sum(self.weights[:10])}


def write(directory: Path, megabytes: int) -> None:
    """Writes the model and the examples that `main` evaluates."""
    model = _Large(megabytes)
    tf.saved_model.save(
        model, str(directory / "model"), signatures={"serving_default": model.serve}
    )
    rows = [{"p": [i / 50], "y": [float(i % 2)]} for i in range(50)]
    passthrough_model.write_examples(directory / "data", rows)


def main(directory: str, models: int, budget: int) -> None:
    """Evaluates and prints the peak.

    Args:
        directory: Directory that `write` has filled.
        models: Number of models, all with the same weights.
        budget: Memory budget in bytes.
    """
    saved = os.path.join(directory, "model")
    sources = [
        ModelSource(f"model-{i}", SavedModel(saved), os.path.join(saved, "variables", "variables"))
        for i in range(models)
    ]
    with tempfile.TemporaryDirectory() as out:
        request = EvaluationRequest(
            candidates=sources,
            baseline=None,
            outputs={source.name: os.path.join(out, source.name) for source in sources},
            eval_config=tfma_oracle.config(CONFIG),
            read=lambda pipeline, **_: (
                pipeline | taxi_models.read(os.path.join(directory, "data"), 64)
            ),
            make_pipeline=lambda: beam.Pipeline(runner=FnApiRunner()),
            memory_budget=budget,
        )
        groups = evaluate_fused(request)
        assert [done.error for group in groups for done in group] == [None] * models
    print(peak_bytes() / 1e6)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
