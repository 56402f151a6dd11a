"""What the Evaluator refuses: the same as the sweep, in the same words, as far as it takes it.

The kinds are those of the sweep's tests, met by the Evaluator's executor on the exported model.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.types import standard_artifacts

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.tfx_components.evaluator.executor import EvaluatorExecutor
from tests.checkpoint_sweep.tfx_components.sweep import (
    refused_configs,
    refused_examples,
    refused_runs,
)
from tests.checkpoint_sweep.tfx_components.sweep.cases import (
    AUC,
    CROSS_ENTROPY,
    REFUSALS,
    Case,
    content,
)
from tests.checkpoint_sweep.tfx_components.sweep.conftest import EVAL_CONFIG
from tests.support import taxi_examples, tfx_artifacts
from tests.support.errors_document import documented, pattern
from tests.support.estimator_run import EstimatorRun

pytestmark = pytest.mark.slow

# They register the kinds when they are imported.
MODULES = (refused_runs, refused_examples, refused_configs)
SECTION = "What it refuses"
OWN_SECTION = "What the Evaluator says"
# Kinds for which the Evaluator has words of its own, or those of another row.
_NO_MODEL = "its model, or the baseline, is no SavedModel"
OF_ITS_OWN = {
    "the model artifact holds no SavedModel": _NO_MODEL,
    "it holds exports by their time": _NO_MODEL,
    "the baseline is no SavedModel": _NO_MODEL,
    "the export has no weights (a frozen graph)": "the baseline has no weights",
    "or they are unreadable": "or they are damaged",
    "its weights are cut in half": "or they are damaged",
    "or they may not be read": "its weights may not be read",
}
# Rows of what it takes no part of, and of what it allows.
NOT_TAKEN = {
    *documented(SECTION, "Checkpoints"),
    *documented(SECTION, "The eval graph"),
    *documented(SECTION, "Selection"),
    *documented(SECTION, "Parameters"),
    "no checkpoint has the exported weights",
    "several tensors have them",
    "or no signature reads them",
    "no split is named",
    "another split is not there",
    "another split is one that chooses",
    "or has a name that no folder can have",
    "the module of a metric cannot be found",
    # It exports nothing.
    "a file beside its graph and weights is a link that leads out of it",
    "or a link to a folder",
} - {"`example_splits` is no list"}
TAKEN = [
    when
    for when, kind in REFUSALS.items()
    if when in OF_ITS_OWN or (kind.row == when and when not in NOT_TAKEN)
]


@pytest.fixture(scope="session")
def example_artifact(
    tmp_path_factory: pytest.TempPathFactory, examples: list[bytes]
) -> standard_artifacts.Examples:
    folder = tmp_path_factory.mktemp("examples") / "examples"
    return tfx_artifacts.write_examples(folder, {"eval": examples[:200]})


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """The folder of the outputs, with something from an earlier execution."""
    for path in ("evaluation/1/metrics", "blessing/1/BLESSED"):
        (tmp_path / "node" / path).parent.mkdir(parents=True)
        (tmp_path / "node" / path).write_text("of execution 1")
    return tmp_path / "node"


@pytest.fixture
def case(
    trained: EstimatorRun,
    examples: list[bytes],
    example_artifact: standard_artifacts.Examples,
    node: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Case:
    """A copy of the exported model to damage, and an Evaluator that takes it."""
    shutil.copytree(trained.model_run, tmp_path / "run")
    shutil.copytree(trained.export.parent, tmp_path / "exported")
    export = tmp_path / "exported" / trained.export.name
    run = _evaluator(node, example_artifact)
    return Case(tmp_path / "run", export, tmp_path, examples, monkeypatch, run)


def _evaluator(node: Path, example_artifact: standard_artifacts.Examples) -> Callable:
    def run(
        case: Case,
        floor: float,
        execution: int,
        examples: standard_artifacts.Examples | None = None,
        schema: Path | None = None,
        baseline: Path | None = None,
        **parameters: object,
    ) -> types.Artifact:
        config = text_format.Parse(EVAL_CONFIG % floor, config_pb2.EvalConfig())
        schemas = [] if examples else [taxi_examples.schema_artifact()]
        inputs = {
            "examples": [examples or example_artifact],
            "model": [tfx_artifacts.make(standard_artifacts.Model, case.export.parent)],
            "schema": [tfx_artifacts.make(standard_artifacts.Schema, schema)]
            if schema
            else schemas,
        }
        if baseline:
            inputs["baseline_model"] = [tfx_artifacts.make(standard_artifacts.Model, baseline)]
        kinds = {
            "evaluation": standard_artifacts.ModelEvaluation,
            "blessing": standard_artifacts.ModelBlessing,
        }
        number = str(execution)
        outputs = {
            key: [tfx_artifacts.make(kind, node / key / number)] for key, kind in kinds.items()
        }
        for (artifact,) in outputs.values():
            Path(artifact.uri).mkdir(parents=True)
        properties = {
            "eval_config": json_format.MessageToJson(config),
            "example_splits": '["eval"]',
            "fairness_indicator_thresholds": "null",
        }
        context = tfx_artifacts.beam_context(node.parent)
        EvaluatorExecutor(context).Do(inputs, outputs, properties | parameters)
        return outputs["blessing"][0]

    return run


@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", TAKEN)
def test_a_refusal_has_the_documented_message(when: str, case: Case, node: Path) -> None:
    earlier, row = content(node), OF_ITS_OWN.get(when, REFUSALS[when].row)
    REFUSALS[when].trigger(case)
    with pytest.raises(UserError) as caught:
        case.run()
    message = str(caught.value)
    expected = (documented(SECTION) | documented(OWN_SECTION))[row]
    assert re.fullmatch(pattern(expected), message), message
    assert len(message) <= 1000
    assert content(node) == earlier
    assert not any((node / "blessing" / str(case.execution)).iterdir())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("sql", ["", 'slicing_specs { slice_keys_sql: "SELECT STRUCT()" }'])
@pytest.mark.parametrize("metrics", [AUC, CROSS_ENTROPY])
def test_a_model_that_predicts_nan_is_not_blessed(
    metrics: str, sql: str, case: Case, node: Path
) -> None:
    earlier = content(node)
    case.passthrough(roots=(-1,))
    case.metrics(metrics, sql=sql)
    blessing = case.run()
    file = Path(blessing.uri) / "NOT_BLESSED"
    reason = documented(OWN_SECTION)["predictions are NaN or infinite (in `NOT_BLESSED`)"]
    assert re.fullmatch(pattern(reason), file.read_text().strip())
    assert blessing.get_int_custom_property("blessed") == 0
    assert content(node) == earlier
