"""The drop-in executor against the stock Evaluator's, on the same artifacts."""

import dataclasses
import math
import re
from collections.abc import Callable
from pathlib import Path

import apache_beam as beam
import pytest
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.writers import eval_config_writer
from tfx import types
from tfx.components.evaluator import executor as stock
from tfx.types import standard_artifacts

from checkpoint_sweep.evaluation.inputs.source import ExamplesError
from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from checkpoint_sweep.tfx_components.evaluator import card
from checkpoint_sweep.tfx_components.evaluator.card import MODEL_CARD
from checkpoint_sweep.tfx_components.evaluator.executor import EvaluationError, EvaluatorExecutor
from checkpoint_sweep.tfx_components.evaluator.verdict import VERDICT
from tests.support import eager_beam, passthrough_model, taxi_examples, tfma_metrics, tfx_artifacts
from tests.support.candidates import make_candidates
from tests.support.estimator_run import EstimatorRun

pytestmark = pytest.mark.slow

_CONFIG = """
model_specs {{ label_key: "big_tipper" }}
slicing_specs {{}}
slicing_specs {{ feature_keys: "payment_type" }}
metrics_specs {{
  metrics {{ class_name: "ExampleCount" }}
  metrics {{
    class_name: "AUC"
    per_slice_thresholds {{ slicing_specs {{}} threshold {{ {threshold} }} }}
  }}
}}
"""
_FLOOR = "value_threshold { lower_bound { value: %s } }"
_CHANGE = "change_threshold { direction: HIGHER_IS_BETTER absolute { value: %s } }"


class _StockExecutor(stock.Executor):
    """The stock one, whose steps are sent to no worker."""

    def _make_beam_pipeline(self) -> beam.Pipeline:
        return eager_beam.pipeline()


@dataclasses.dataclass(frozen=True)
class Evaluated:
    evaluation: Path
    blessing: types.Artifact

    @property
    def files(self) -> set[str]:
        return {path.name for path in Path(self.blessing.uri).iterdir()} - {VERDICT, MODEL_CARD}

    @property
    def properties(self) -> dict:
        """Custom properties; those that name this run's folders aside."""
        found = self.blessing.mlmd_artifact.custom_properties
        return {k: getattr(v, v.WhichOneof("value")) for k, v in found.items()}

    @property
    def metrics(self) -> dict:
        """Values by model, slice and metric."""
        names = eval_config_writer.load_eval_run(str(self.evaluation))[3]
        return {
            (name, slice_key, metric): value
            for name in names
            for slice_key, metrics in tfma_metrics.by_slice(self.evaluation, name).items()
            for metric, value in metrics.items()
        }


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory, trained: EstimatorRun) -> Path:
    """A Model artifact's folder with the checkpoint of step 20."""
    directory = tmp_path_factory.mktemp("baseline")
    checkpoints = find_checkpoints(str(trained.model_run))
    source = make_candidates(SavedModel(str(trained.export)), checkpoints, checkpoints).sources[20]
    write_saved_model(source, str(directory / "Format-Serving"))
    return directory


@pytest.fixture
def evaluate(tmp_path: Path, trained: EstimatorRun, examples: list[bytes]) -> Callable:
    artifact = tfx_artifacts.write_examples(tmp_path / "examples", {"test": examples[:150]})

    def run(
        kind: type, threshold: str, baseline: Path | None = None, **overrides: object
    ) -> Evaluated:
        folder = tmp_path / kind.__module__
        inputs = {
            "examples": [artifact],
            "model": [tfx_artifacts.make(standard_artifacts.Model, trained.export.parent, 11)],
            "schema": [taxi_examples.schema_artifact()],
        }
        if baseline:
            inputs["baseline_model"] = [tfx_artifacts.make(standard_artifacts.Model, baseline, 12)]
        inputs |= overrides.get("inputs", {})  # type: ignore[operator]
        outputs = {
            "evaluation": [
                tfx_artifacts.make(standard_artifacts.ModelEvaluation, folder / "evaluation")
            ],
            "blessing": [tfx_artifacts.make(standard_artifacts.ModelBlessing, folder / "blessing")],
        }
        for (output,) in outputs.values():
            Path(output.uri).mkdir(parents=True)
        config = text_format.Parse(_CONFIG.format(threshold=threshold), config_pb2.EvalConfig())
        properties = {
            "eval_config": json_format.MessageToJson(config),
            "example_splits": overrides.get("splits", '["test"]'),
            "fairness_indicator_thresholds": "null",
            "current_component_id": "Evaluator",
        }
        kind(tfx_artifacts.beam_context(folder)).Do(inputs, outputs, properties)
        return Evaluated(folder / "evaluation", outputs["blessing"][0])

    return run


@pytest.mark.parametrize(
    ("threshold", "has_baseline", "blessed"),
    [
        pytest.param(_FLOOR % 0.1, False, True, id="floor met"),
        pytest.param(_FLOOR % 0.999, False, False, id="floor missed"),
        pytest.param(_CHANGE % -1, True, True, id="change met"),
        pytest.param(_CHANGE % 1, True, False, id="change missed"),
        pytest.param(
            _FLOOR % 0.1 + _CHANGE % 1, False, True, id="without a baseline no change is judged"
        ),
    ],
)
def test_the_executor_blesses_as_the_stock_evaluator(
    evaluate: Callable, baseline: Path, threshold: str, has_baseline: bool, blessed: bool
) -> None:
    against = baseline if has_baseline else None
    ours, theirs = (
        evaluate(EvaluatorExecutor, threshold, against),
        evaluate(_StockExecutor, threshold, against),
    )
    assert ours.files == theirs.files == {"BLESSED" if blessed else "NOT_BLESSED"}
    assert ours.properties == theirs.properties
    assert ours.metrics.keys() == theirs.metrics.keys()
    for key, value in theirs.metrics.items():
        # No tips are paid in cash: see docs/differences.md.
        if key[-1] in ("auc", "auc_diff") and theirs.metrics[(*key[:2], "auc")] == 0:
            assert math.isnan(ours.metrics[key]), key
            continue
        assert math.isclose(ours.metrics[key], value, rel_tol=1e-6) or math.isnan(value), key


def test_without_thresholds_nothing_is_blessed(evaluate: Callable) -> None:
    evaluated = evaluate(EvaluatorExecutor, "")
    assert evaluated.files == {"NOT_BLESSED"}
    assert evaluated.properties["blessed"] == 0


def test_the_blessing_file_has_the_reason(evaluate: Callable) -> None:
    evaluated = evaluate(EvaluatorExecutor, _FLOOR % 0.999)
    reason = (Path(evaluated.blessing.uri) / "NOT_BLESSED").read_text()
    assert reason.startswith("auc 0.")
    assert "is below the threshold 0.999" in reason


def test_the_model_card_has_the_numbers_and_the_thresholds(
    evaluate: Callable, baseline: Path
) -> None:
    evaluated = evaluate(EvaluatorExecutor, _FLOOR % 0.1, baseline)
    text = (Path(evaluated.blessing.uri) / "model_card.md").read_text()
    assert text.splitlines()[2].startswith("**BLESSED**: It passed every threshold")
    value = evaluated.metrics["candidate", (), "auc"]
    (row,) = re.findall(
        r"^\| auc \| ([\d.]+) ± ([\d.]+) \| [-\d.]+ ± [\d.]+ \|$", text, re.MULTILINE
    )
    assert float(row[0]) == pytest.approx(value, abs=float(row[1]) / 10)
    assert "- auc at least 0.1 on all examples" in text
    assert "the split test, 150 examples" in text


def test_a_model_card_that_cannot_be_written_is_a_warning(
    evaluate: Callable, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(card, "write_text", fails)
    assert evaluate(EvaluatorExecutor, _FLOOR % 0.1).files == {"BLESSED"}
    assert "The model card is not written: no space left." in caplog.text


def test_two_column_outputs_are_warned_of_as_by_the_sweep(
    evaluate: Callable, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    passthrough_model.write_model(tmp_path / "model" / "Format-Serving", width=2)
    rows = [{"p": [0.3, 0.7], "big_tipper": [i % 2], "payment_type": ["Cash"]} for i in range(4)]
    written = [passthrough_model.serialize(row) for row in rows]
    examples = tfx_artifacts.write_examples(tmp_path / "two_columns", {"test": written})
    model = tfx_artifacts.make(standard_artifacts.Model, tmp_path / "model", 3)
    given = {"model": [model], "examples": [examples], "schema": []}
    evaluate(EvaluatorExecutor, _FLOOR % 0.1, inputs=given)
    assert "Output 'predictions' has two columns, and AUC would count each example" in caplog.text


def test_an_empty_model_is_refused(evaluate: Callable, tmp_path: Path) -> None:
    empty = tfx_artifacts.make(standard_artifacts.Model, tmp_path / "nothing", 3)
    with pytest.raises(EvaluationError, match=r"nothing holds no SavedModel.*sweep"):
        evaluate(EvaluatorExecutor, "", inputs={"model": [empty]})


def test_an_unknown_split_is_refused(evaluate: Callable) -> None:
    with pytest.raises(ExamplesError, match=r"no split 'train' .* there are: test"):
        evaluate(EvaluatorExecutor, "", splits='["train"]')
