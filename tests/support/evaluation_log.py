"""A log of the models that the fused engine evaluates, across the processes that share it."""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from checkpoint_sweep.evaluation.fused import engine as fused_engine
from checkpoint_sweep.evaluation.results.files import SPLITS_FOLDER
from checkpoint_sweep.saved_model.model_source import ModelSource

# Environment variable: file with a line for each model that a Beam pipeline was made for.
LOG = "CHECKPOINT_SWEEP_TESTS_EVALUATIONS"
# Of several runs, the name of the run comes first.
_CHECKPOINT = re.compile(r"(^|[/-])step-\d{8}$")


def start() -> None:
    """Logs each group of models, from now on, before this process evaluates it."""
    evaluate = fused_engine.EvaluateModels

    def logged(
        group: Sequence[ModelSource], outputs: Mapping[str, str], *args: Any, **kwargs: Any
    ) -> Any:
        with open(os.environ[LOG], "a") as file:
            file.writelines(f"{_split(outputs[model.name])}{model.name}\n" for model in group)
        return evaluate(group, outputs, *args, **kwargs)

    fused_engine.EvaluateModels = logged


def evaluations(log: Path) -> Counter[str]:
    """Counts the Beam pipelines that were made for each checkpoint, `train/step-...` on a split."""
    lines = log.read_text().splitlines() if log.exists() else []
    return Counter(line for line in lines if _CHECKPOINT.search(line))


def _split(output: str) -> str:
    """The beginning of the name of a candidate on another split than the one that chooses."""
    folder = Path(output).parent
    return f"{folder.name}/" if folder.parent.name == SPLITS_FOLDER else ""
