"""A training run, its examples and an evaluation config as people have them outside of TFX."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from checkpoint_sweep import Direction, Selection, SweepOptions
from tests.support import keras_run, tfrecords
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


@dataclasses.dataclass(frozen=True)
class Runs:
    """Folders of runs with an export in each, and what to evaluate them with."""

    directory: Path
    options: SweepOptions

    def of(self, *names: str) -> list[str]:
        """The folders of some runs."""
        return [str(self.directory / "runs" / name) for name in names]

    def into(self, output: str, **changes: Any) -> SweepOptions:
        """The options, with another output."""
        return dataclasses.replace(self.options, output=str(self.directory / output), **changes)


@pytest.fixture(scope="session")
def runs(
    tmp_path_factory: pytest.TempPathFactory,
    trained: EstimatorRun,
    other_seed: EstimatorRun,
    examples: list[bytes],
) -> Runs:
    """Runs of two seeds, and one of another graph, which is a Keras model."""
    directory = tmp_path_factory.mktemp("several")
    other = directory / "keras"
    other.mkdir()
    made = {
        "seed-1": trained,
        "seed-2": other_seed,
        "other": keras_run.make(
            other, keras_run.sequential, keras_run.manager, keras_run.saved_model
        ),
    }
    for name, run in made.items():
        shutil.copytree(run.model_run, directory / "runs" / name)
        shutil.copytree(run.export, directory / "runs" / name / "export")
    tfrecords.write(directory / "eval.tfrecord", examples[:200])
    (directory / "eval_config.pbtxt").write_text(EVAL_CONFIG)
    select = Selection("auc", direction=Direction.HIGHER_IS_BETTER)
    config = str(directory / "eval_config.pbtxt")
    return Runs(directory, SweepOptions(str(directory / "eval.tfrecord"), config, select))
