"""How often a sweep parses the SavedModels that it is given."""

import runpy
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tensorflow.python.saved_model import loader_impl

from checkpoint_sweep import SweepOptions
from checkpoint_sweep.evaluation.inputs.preparer import BatchPreparer
from checkpoint_sweep.sweeping.drafting.draft import draft
from checkpoint_sweep.sweeping.sweep import sweep
from pipeline.problems.problem import repository
from tests.checkpoint_sweep.sweeping.conftest import Files


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `scripts/sample_run.py` leaves, and an evaluation config as `init` drafts it."""
    directory = tmp_path_factory.mktemp("sample") / "sample"
    runpy.run_path(str(repository() / "scripts" / "sample_run.py"))["make"](directory)
    drafted = draft(str(directory / "export"), str(directory / "eval.csv"))
    (directory / "eval_config.pbtxt").write_text(drafted.text)
    return directory


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each SavedModel's proto is parsed, by TensorFlow's one function that does."""
    counts: Counter[str] = Counter()
    parse = loader_impl.parse_saved_model

    def counted(directory: str) -> Any:
        counts[Path(directory).name] += 1
        return parse(directory)

    monkeypatch.setattr(loader_impl, "parse_saved_model", counted)
    return counts


@pytest.fixture
def before_first_batch(parses: Counter[str], monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The parses before the first batch is prepared."""
    counts: Counter[str] = Counter()
    prepare = BatchPreparer.prepare

    def counted(*args: Any) -> Any:
        counts.update({} if counts else parses)
        return prepare(*args)

    monkeypatch.setattr(BatchPreparer, "prepare", counted)
    return counts


@pytest.mark.slow
def test_the_readmes_sample_run_parses_its_model_once(
    sample: Path, before_first_batch: Counter[str], parses: Counter[str]
) -> None:
    config = str(sample / "eval_config.pbtxt")
    options = SweepOptions(str(sample / "eval.csv"), config, "auc")
    assert sweep(str(sample / "run"), str(sample / "export"), options).chosen is not None
    assert before_first_batch == {"export": 1}
    assert parses["export"] == 1


def test_a_baseline_is_parsed_once_too(files: Files, before_first_batch: Counter[str]) -> None:
    baseline = files.model.with_name("baseline")
    shutil.copytree(files.model, baseline)
    assert sweep(**files.arguments(baseline=str(baseline))).chosen is not None
    assert before_first_batch == {"export": 1, "baseline": 1}
