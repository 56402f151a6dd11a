"""The single numbers in TFMA's results, as `tfma.load_eval_result` reads them."""

from pathlib import Path
from typing import Any

import tensorflow_model_analysis as tfma


def by_slice(folder: str | Path, model_name: str | None = None) -> dict[Any, dict[str, float]]:
    """Reads the metrics of a model's first output, by slice and name.

    Args:
        folder: Directory of the results of one evaluation.
        model_name: Name of the model spec; None where there is only one.
    """
    result = tfma.load_eval_result(str(folder), model_name=model_name)
    return {
        key: {
            name: float(value["doubleValue"])
            for name, value in outputs[""][""].items()
            if "doubleValue" in value
        }
        for key, outputs in result.slicing_metrics
    }


def overall(folder: str | Path) -> dict[str, float]:
    """Reads the metrics on all examples, by name."""
    return by_slice(folder)[()]
