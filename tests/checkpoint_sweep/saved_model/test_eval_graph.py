"""What is read of an eval graph: its metrics that are single numbers, by their whole names."""

from pathlib import Path

import tensorflow as tf

from checkpoint_sweep.saved_model import eval_graph
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.support import eval_exports


def _build() -> tuple[eval_exports.Tensors, eval_exports.Tensors]:
    examples = tf.compat.v1.placeholder(tf.string, [None], "serialized")
    length, update = tf.compat.v1.metrics.mean(tf.strings.length(examples))
    by_class, update_by_class = tf.compat.v1.metrics.mean_tensor(tf.ones([3]))
    return {"examples": examples}, {
        "loss": tf.constant(1.0),
        "predictions/length": tf.strings.length(examples),
        "metrics/head/length/value": length,
        "metrics/head/length/update_op": update,
        "metrics/by_class/value": by_class,
        "metrics/by_class/update_op": update_by_class,
    }


def test_metrics_and_loss_are_named_as_estimator_evaluate_names_them(tmp_path: Path) -> None:
    graph = eval_graph.read(SavedModel(str(eval_exports.by_hand(tmp_path / "eval", _build))))
    assert graph.names == ("head/length", "loss")
    assert graph.skipped == ("by_class",)
    assert graph.examples == "serialized:0"
