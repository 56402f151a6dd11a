"""Makes the fused engine of this process record which models it makes Beam pipelines for."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from checkpoint_sweep.evaluation.fused import engine as fused_engine
from checkpoint_sweep.saved_model.model_source import ModelSource

# Environment variable: file with a line for each model that a Beam pipeline was made for.
RECORD = "COUNTED_RECORD"


def count() -> None:
    """From now on, each group of models is written down before it is evaluated."""
    evaluate = fused_engine.EvaluateModels

    def recorded(group: Sequence[ModelSource], *args: Any, **kwargs: Any) -> Any:
        with open(os.environ[RECORD], "a") as file:
            file.writelines(f"{model.name}\n" for model in group)
        return evaluate(group, *args, **kwargs)

    fused_engine.EvaluateModels = recorded


def counted(record: Path) -> Counter[str]:
    """How often a Beam pipeline was made for each checkpoint."""
    lines = record.read_text().splitlines() if record.exists() else []
    return Counter(line for line in lines if line.startswith("step-"))
