"""Checkpoint Sweep's `watch` beside a training, on TFMA's metrics and slices."""

import threading

from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from benchmarks.side_by_side import model
from benchmarks.side_by_side.job import Job
from checkpoint_sweep import Direction, Selection, SweepOptions, Until, watch

_CONFIG = """
model_specs { label_key: "big_tipper" }
slicing_specs {}
slicing_specs { feature_keys: "payment_type" }
metrics_specs {
  metrics { class_name: "AUC" }
  metrics { class_name: "BinaryAccuracy" }
  metrics { class_name: "BinaryCrossEntropy" }
}
"""


def run(job: Job, look_every: float = 1.0) -> str:
    """Trains while `watch` looks at the folder every so many seconds (5 by default)."""
    estimator = model.estimator(job)

    def train(steps: int) -> None:
        estimator.train(lambda: model.training_batches(job), max_steps=steps)

    train(job.checkpoint_steps)  # The first checkpoint, for a SavedModel with the graph.
    exported = estimator.export_saved_model(job.path("graph"), model.serving_input)
    training = threading.Thread(target=train, args=[job.steps])
    training.start()
    options = SweepOptions(
        job.evaluated,
        text_format.Parse(_CONFIG, config_pb2.EvalConfig()),
        Selection("auc", direction=Direction.HIGHER_IS_BETTER),
        output=job.path("sweep"),
    )
    end = Until(step=job.steps)
    result = watch(job.model_run, exported.decode(), options, until=end, every=look_every)
    training.join()
    assert result.model is not None, result.reason
    return result.model
