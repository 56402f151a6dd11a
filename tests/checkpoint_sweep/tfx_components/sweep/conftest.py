"""A sweep on artifacts built by hand, without a pipeline around it."""

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.types import standard_artifacts

from checkpoint_sweep.evaluation.fused import engine as fused_engine
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.tfx_components.sweep.executor import SweepExecutor
from tests.support import taxi_examples, tfx_artifacts
from tests.support.estimator_run import EstimatorRun

EVAL_CONFIG = """
model_specs { label_key: "big_tipper" }
slicing_specs {}
slicing_specs { feature_keys: "payment_type" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics {
    class_name: "AUC"
    per_slice_thresholds {
      slicing_specs {}
      threshold { value_threshold { lower_bound { value: %s } } }
    }
  }
  metrics { class_name: "BinaryCrossEntropy" }
}
"""


@dataclasses.dataclass(frozen=True)
class Swept:
    """The output artifacts of a sweep, and where each lies."""

    evaluation: types.Artifact
    model: types.Artifact
    blessing: types.Artifact

    @property
    def verdicts(self) -> dict:
        """The content of verdicts.json."""
        return json.loads((Path(self.blessing.uri) / "verdicts.json").read_text())

    @property
    def files(self) -> set[str]:
        """Names of the files of the blessing."""
        return {path.name for path in Path(self.blessing.uri).iterdir()}


class Run(Protocol):
    """What a Trainer leaves behind: a folder of checkpoints and an export, `Format-Serving`."""

    @property
    def model_run(self) -> Path: ...

    @property
    def export(self) -> Path: ...


Sweep = Callable[..., Swept]


@pytest.fixture(scope="session")
def example_artifact(
    tmp_path_factory: pytest.TempPathFactory, examples: list[bytes]
) -> standard_artifacts.Examples:
    """Splits `eval`, 200 examples, and `test`, 100."""
    directory = tmp_path_factory.mktemp("examples") / "examples"
    return tfx_artifacts.write_examples(directory, {"eval": examples[:200], "test": examples[200:]})


@pytest.fixture
def sweep(tmp_path: Path, example_artifact: standard_artifacts.Examples) -> Sweep:
    """Runs the executor on a run; its parameters can be overridden by keyword.

    With `examples` of its own, a run is swept on those and without a schema, or with that of the
    folder `schema`; with a `baseline`, a Model artifact's folder, against that. With the number
    of an `execution`, its outputs lie as TFX lays out those of one node: beside those of the
    others.
    """
    return sweep_into(tmp_path, example_artifact)


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the candidates that the engine has evaluated, in order."""
    names: list[str] = []
    stock = fused_engine.EvaluateModels

    def record(candidates: Any, *args: Any, **options: Any) -> Any:
        names.extend(candidate.name for candidate in candidates)
        return stock(candidates, *args, **options)

    monkeypatch.setattr(fused_engine, "EvaluateModels", record)
    return names


@pytest.fixture(scope="session")
def earlier(
    tmp_path_factory: pytest.TempPathFactory,
    example_artifact: standard_artifacts.Examples,
    trained: EstimatorRun,
) -> Path:
    """The outputs of a node whose first execution swept the split `test`; do not write into it."""
    directory = tmp_path_factory.mktemp("earlier")
    sweep_into(directory, example_artifact)(trained, example_splits='["test"]', execution=1)
    return directory / "node"


@pytest.fixture(scope="session")
def usual(
    tmp_path_factory: pytest.TempPathFactory,
    example_artifact: standard_artifacts.Examples,
    trained: EstimatorRun,
) -> Swept:
    """A sweep of the run as it was trained, the first execution of its node; do not write."""
    return sweep_into(tmp_path_factory.mktemp("usual"), example_artifact)(trained, execution=1)


@pytest.fixture
def usual_node(tmp_path: Path, usual: Swept) -> Path:
    """A copy of the node of `usual`, beside which `sweep` puts a second execution."""
    return Path(shutil.copytree(Path(usual.evaluation.uri).parents[1], tmp_path / "node"))


@pytest.fixture
def node(tmp_path: Path, earlier: Path) -> Path:
    """A copy of `earlier`, beside which `sweep` puts a second execution."""
    return Path(shutil.copytree(earlier, tmp_path / "node"))


@pytest.fixture
def case(
    trained: EstimatorRun,
    examples: list[bytes],
    sweep: Sweep,
    node: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """A copy of `trained` to damage, and a second execution of `node` that sweeps it."""
    from tests.checkpoint_sweep.tfx_components.sweep.cases import Case

    shutil.copytree(trained.model_run, tmp_path / "run")
    shutil.copytree(trained.export.parent, tmp_path / "exported")
    export = tmp_path / "exported" / trained.export.name
    return Case(tmp_path / "run", export, tmp_path, examples, monkeypatch, sweep)


def sweep_into(directory: Path, example_artifact: standard_artifacts.Examples) -> Sweep:
    """See the fixture `sweep`."""

    def run(
        trained: Run,
        floor: float | None = 0.1,
        examples: standard_artifacts.Examples | None = None,
        schema: Path | None = None,
        baseline: Path | None = None,
        eval_model: Path | None = None,
        execution: int | None = None,
        more: Sequence[Run] = (),
        **parameters: object,
    ) -> Swept:
        text = EVAL_CONFIG % (0.0 if floor is None else floor)
        config = text_format.Parse(text, config_pb2.EvalConfig())
        if floor is None:
            del config.metrics_specs[0].metrics[1].per_slice_thresholds[:]
        schemas = [] if examples else [taxi_examples.schema_artifact()]
        inputs = {
            "examples": [examples or example_artifact],
            "exported_model": [
                tfx_artifacts.make(standard_artifacts.Model, one.export.parent)
                for one in (trained, *more)
            ],
            "model_run": [
                tfx_artifacts.make(standard_artifacts.ModelRun, one.model_run)
                for one in (trained, *more)
            ],
            "schema": [tfx_artifacts.make(standard_artifacts.Schema, schema)]
            if schema
            else schemas,
        }
        if baseline:
            inputs["baseline_model"] = [tfx_artifacts.make(standard_artifacts.Model, baseline)]
        if eval_model:
            inputs["eval_model"] = [tfx_artifacts.make(standard_artifacts.Model, eval_model)]
        node = directory / "node" if execution else Path(tempfile.mkdtemp(dir=directory))
        number = str(execution or 1)
        kinds = {
            "evaluation": standard_artifacts.ModelEvaluation,
            "model": standard_artifacts.Model,
            "blessing": standard_artifacts.ModelBlessing,
        }
        outputs = {
            key: [tfx_artifacts.make(kind, node / key / number)] for key, kind in kinds.items()
        }
        for (artifact,) in outputs.values():
            Path(artifact.uri).mkdir(parents=True)
        selection = Selection("auc", direction=Direction.HIGHER_IS_BETTER)
        properties = {
            "eval_config": json_format.MessageToJson(config),
            "selection": selection.to_json(),
            "example_splits": '["eval"]',
            "stride": 1,
        }
        context = tfx_artifacts.beam_context(directory)
        SweepExecutor(context).Do(inputs, outputs, properties | parameters)
        return Swept(**{key: artifact for key, (artifact,) in outputs.items()})

    return run
