"""Holds the engine's results for a run's candidates against stock TFMA's."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_model_analysis as tfma

from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from tests.checkpoint_sweep.evaluation import tfma_oracle

# Of both: what an untrained model predicts is 0.5, and which side of it depends on the batch.
_BATCH_SIZE = 64


def column(examples: Sequence[bytes], name: str) -> np.ndarray:
    """The integers of a feature, (examples, 1) float32."""
    parsed = tf.io.parse_example(
        tf.constant(list(examples)), {name: tf.io.FixedLenFeature([1], tf.int64)}
    )
    return parsed[name].numpy().astype(np.float32)


def check_first_and_last(
    sources: Sequence[ModelSource], data: str, config: str, directory: Path
) -> list[dict[str, float]]:
    """Asserts that the engine computes what stock TFMA does for the first and the last candidate.

    Returns:
        For those two, the metrics over all examples by name; for a metric of one of several
        outputs `output/name`.
    """
    eval_config = tfma_oracle.config(config)
    outputs = tfma_oracle.run_engine(
        data, eval_config, sources, str(directory / "engine"), batch_size=_BATCH_SIZE
    )
    results = []
    for index in (0, -1):
        written = str(directory / f"stock-{index}")
        write_saved_model(sources[index], written)
        alone = ModelSource.from_saved_model(sources[index].name, written)
        stock = tfma_oracle.run_tfma(
            data,
            eval_config,
            alone,
            str(directory / f"stock-results-{index}"),
            batch_size=_BATCH_SIZE,
        )
        expected, actual = tfma_oracle.load(stock), tfma_oracle.load(outputs[index])
        assert any(expected["metrics"].values())
        found = tfma_oracle.differences(expected, actual)
        assert not found, found[:3]
        results.append(_overall(outputs[index]))
    assert results[0] != results[1]
    return results


def _overall(output: str) -> dict[str, float]:
    loaded = tfma.load_eval_result(output)
    (metrics,) = (metrics for key, metrics in loaded.slicing_metrics if not key)
    return {
        f"{name}/{metric}".lstrip("/"): value["doubleValue"]
        for name, by_sub_key in metrics.items()
        for metric, value in by_sub_key[""].items()
        if "doubleValue" in value
    }
