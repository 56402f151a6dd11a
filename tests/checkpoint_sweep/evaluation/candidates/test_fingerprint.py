"""An evaluation's fingerprint tells when something is no longer what was evaluated."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.candidates.fingerprint import ChangedError, EvaluationFingerprint
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel

GRAPH, BASELINE, EXAMPLES = "export/saved_model.pb", "baseline/variables/index", "eval.tfrecord"
CODE = "metric_of_this_test.py"


@pytest.fixture
def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EvaluationFingerprint:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / CODE).write_text("FACTOR = 1")
    config = config_pb2.EvalConfig()
    config.metrics_specs.add().metrics.add(class_name="Mine", module=Path(CODE).stem)
    for name in (GRAPH, BASELINE, "baseline/saved_model.pb", EXAMPLES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    exported = SavedModel(str(tmp_path / "export"))
    assert exported.fingerprint  # As the keys of candidates have it, before anything is evaluated.
    return EvaluationFingerprint(
        config,
        [str(tmp_path / EXAMPLES)],
        b"",
        [exported],
        ModelSource.from_saved_model("baseline", str(tmp_path / "baseline")),
        "fused",
    )


def _write(path: Path, content: str) -> None:
    path.with_name("scratch").write_text(content)
    os.replace(path.with_name("scratch"), path)


@pytest.mark.parametrize("name", [GRAPH, BASELINE, EXAMPLES])
@pytest.mark.parametrize(
    "change", [lambda path: _write(path, "other"), os.unlink], ids=["written", "deleted"]
)
def test_a_change_is_named(
    name: str, change: Callable[[Path], None], evaluated: EvaluationFingerprint, tmp_path: Path
) -> None:
    evaluated.check_unchanged()
    change(tmp_path / name)
    with pytest.raises(ChangedError, match=f"{tmp_path / name} changed during the evaluation"):
        evaluated.check_unchanged()


@pytest.mark.parametrize("name", [GRAPH, BASELINE, EXAMPLES])
def test_the_same_bytes_are_no_change(
    name: str, evaluated: EvaluationFingerprint, tmp_path: Path
) -> None:
    _write(tmp_path / name, name)
    evaluated.check_unchanged()


def test_other_code_of_a_metric_is_a_change(
    evaluated: EvaluationFingerprint, tmp_path: Path
) -> None:
    _write(tmp_path / CODE, "FACTOR = 1")
    evaluated.check_unchanged()
    _write(tmp_path / CODE, "FACTOR = 2")
    with pytest.raises(ChangedError, match="The code of the metrics changed during"):
        evaluated.check_unchanged()
