"""A training run, its examples and an evaluation config as people have them outside of TFX."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from checkpoint_sweep import SweepOptions
from tests.support import tfrecords
from tests.support.estimator_run import EstimatorRun

EVAL_CONFIG = """
model_specs { label_key: "big_tipper" }
slicing_specs {}
slicing_specs { feature_keys: "payment_type" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "AUC" per_slice_thresholds { slicing_specs {} threshold {
    value_threshold { lower_bound { value: 0.1 } }
    change_threshold { direction: HIGHER_IS_BETTER absolute { value: -9 } } } } }
}
"""


@dataclasses.dataclass(frozen=True)
class Files:
    """Paths."""

    run: Path
    model: Path
    examples: Path
    config: Path
    output: Path

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """The arguments of `sweep`, with changes to them or to the options."""
        folders = {name: changes.pop(name, str(getattr(self, name))) for name in ("run", "model")}
        return {**folders, "options": self.options(**changes)}

    def options(self, **changes: Any) -> SweepOptions:
        """The options of a sweep, with changes."""
        given = {
            "examples": str(self.examples),
            "config": str(self.config),
            "select": "auc",
            "output": str(self.output),
        }
        return SweepOptions(**(given | changes))


@pytest.fixture
def files(tmp_path: Path, trained: EstimatorRun, examples: list[bytes]) -> Files:
    """A copy of the run of steps 0, 20, 40 and 60, with 200 examples."""
    return files_in(tmp_path, trained, examples)


def files_in(directory: Path, trained: EstimatorRun, examples: list[bytes]) -> Files:
    """A copy of the run, with 200 examples."""
    run, model = directory / "run", directory / "export"
    shutil.copytree(trained.model_run, run)
    shutil.copytree(trained.export, model)
    data = directory / "eval.tfrecord"
    tfrecords.write(data, examples[:200])
    config = directory / "eval_config.pbtxt"
    config.write_text(EVAL_CONFIG)
    return Files(run, model, data, config, directory / "swept")
