"""Splits beside the one that chooses: each as TFMA evaluates it, the choice as without them."""

import dataclasses
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from checkpoint_sweep.evaluation.candidates.splits import SplitEvaluator
from checkpoint_sweep.evaluation.inputs.source import ExamplesError
from checkpoint_sweep.evaluation.preflight.features import FeatureError
from checkpoint_sweep.evaluation.results.files import JACKKNIFE, split_folder
from checkpoint_sweep.evaluation.results.ledger import read_ledger
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.report.mlflow_log import metrics_by_name
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.selection.criteria import Direction, ThresholdMode
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.split_thresholds import SplitThreshold
from checkpoint_sweep.sweeping.sweep import sweep
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.checkpoint_sweep.sweeping.conftest import Files, files_in
from tests.support import tfrecords
from tests.support.errors_document import BESIDE, documented, pattern
from tests.support.estimator_run import EstimatorRun

PARTS = {"train": slice(150, 300), "drift": slice(0, 60)}
MAIN = ""
WITHOUT_THRESHOLDS = """
model_specs { label_key: "big_tipper" }
slicing_specs {}
slicing_specs { feature_keys: "payment_type" }
metrics_specs { metrics { class_name: "ExampleCount" } metrics { class_name: "AUC" } }
"""


@dataclasses.dataclass(frozen=True)
class Swept:
    """A sweep of a run with other splits, and one without."""

    files: Files
    splits: Mapping[str, str]
    beside: SweepResult
    alone: SweepResult


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory: pytest.TempPathFactory, trained: EstimatorRun, examples: list[bytes]
) -> Swept:
    """Both sweeps; do not write into them."""
    directory = tmp_path_factory.mktemp("splits")
    files = files_in(directory, trained, examples)
    splits = {name: str(directory / f"{name}.tfrecord") for name in PARTS}
    for name, part in PARTS.items():
        tfrecords.write(Path(splits[name]), examples[part])
    beside = sweep(**files.arguments(other_splits=splits))
    alone = sweep(**files.arguments(output=str(directory / "alone")))
    return Swept(files, splits, beside, alone)


def _digests(result: SweepResult, split: str = MAIN) -> dict[str, str]:
    """The digest of every candidate's files on a split."""
    return {e.name: e.results for e in read_ledger(split_folder(result.directory, split))}


def _reused(result: SweepResult, split: str = MAIN) -> list[int]:
    """The steps whose results on a split are those of an earlier sweep."""
    return [e.step for e in read_ledger(split_folder(result.directory, split)) if e.reused]


STEPS = [0, 20, 40, 60]


def _again(swept: Swept, tmp_path: Path, **changes: Any) -> SweepResult:
    """Sweeps once more, from what the sweep with other splits has left."""
    output = tmp_path / "again"
    if not output.exists():
        shutil.copytree(swept.files.output, output, symlinks=True)
    given = {"other_splits": swept.splits, "output": str(output)} | changes
    return sweep(**swept.files.arguments(**given))


def test_files_and_choice_are_those_of_a_sweep_without_other_splits(swept: Swept) -> None:
    assert _digests(swept.beside) == _digests(swept.alone)
    without = [dataclasses.replace(verdict, splits={}) for verdict in swept.beside.verdicts]
    assert without == swept.alone.verdicts
    assert swept.beside.reason == swept.alone.reason


@pytest.mark.slow
def test_each_split_has_what_stock_tfma_computes_on_its_file(swept: Swept, tmp_path: Path) -> None:
    # The model was exported at step 60. Thresholds are those of the split that chooses.
    exported = ModelSource.from_saved_model("exported", str(swept.files.model))
    config = tfma_oracle.config(WITHOUT_THRESHOLDS)
    for split, path in swept.splits.items():
        stock = tfma_oracle.run_tfma(path, config, exported, str(tmp_path / split))
        ours = Path(split_folder(swept.beside.directory, split)) / "step-00000060"
        expected, actual = tfma_oracle.load(stock), tfma_oracle.load(str(ours))
        assert tfma_oracle.differences(expected, actual) == []


def test_verdicts_have_the_metric_on_every_split(swept: Swept) -> None:
    for verdict in swept.beside.verdicts:
        for split, value in verdict.splits.items():
            path = Path(split_folder(swept.beside.directory, split)) / verdict.name / JACKKNIFE
            # Another file than that which it was read from.
            (auc,) = json.loads(path.read_text())["slices"][0]["metrics"]
            assert value == pytest.approx(auc["value"], rel=1e-9)
    assert set(swept.beside.verdicts[0].splits) == set(PARTS)


def test_a_sweep_in_which_nothing_is_new_stays(swept: Swept, tmp_path: Path) -> None:
    again = _again(swept, tmp_path)
    assert Path(again.directory).name == Path(swept.beside.directory).name


def test_thresholds_that_are_left_out_are_no_longer_in_the_report(
    swept: Swept, tmp_path: Path
) -> None:
    met = _again(swept, tmp_path, split_thresholds=[SplitThreshold("train", "auc", lower=0.0)])
    assert met.report.made["split_thresholds"] == ["train: auc >= 0.0"]
    without = _again(swept, tmp_path)
    assert without.verdicts == met.verdicts
    assert "split_thresholds" not in without.report.made


def test_mlflow_is_given_the_metrics_of_each_split(swept: Swept) -> None:
    logged = {(step, name): value for step, name, value in metrics_by_name(swept.beside, None, 1)}
    for verdict in swept.beside.verdicts:
        for split, value in verdict.splits.items():
            assert logged[verdict.step, f"{split}/auc"] == value


def test_only_a_split_that_is_added_is_evaluated(swept: Swept, tmp_path: Path) -> None:
    both = _again(swept, tmp_path, other_splits={**swept.splits, "more": swept.splits["drift"]})
    assert (_reused(both), _reused(both, "train"), _reused(both, "more")) == (STEPS, STEPS, [])
    assert _digests(both, "more") == _digests(swept.beside, "drift")


def test_a_split_whose_examples_change_is_evaluated_again(
    swept: Swept, tmp_path: Path, examples: list[bytes]
) -> None:
    changed = tmp_path / "train.tfrecord"
    tfrecords.write(changed, examples[100:200])
    again = _again(swept, tmp_path, other_splits={**swept.splits, "train": str(changed)})
    assert (_reused(again), _reused(again, "drift"), _reused(again, "train")) == (STEPS, STEPS, [])


def test_what_is_interrupted_between_two_splits_goes_on_there(
    swept: Swept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: SplitEvaluator, candidates: Any, results: Any) -> None:
        self._evaluators["train"].evaluate(candidates)
        raise KeyboardInterrupt

    (tmp_path / "again").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(SplitEvaluator, "__call__", interrupted)
        with pytest.raises(KeyboardInterrupt):
            _again(swept, tmp_path)
    resumed = _again(swept, tmp_path)
    reused = [_reused(resumed, split) for split in (MAIN, "train", "drift")]
    assert reused == [STEPS, STEPS, []]
    for split in (MAIN, *PARTS):
        assert _digests(resumed, split) == _digests(swept.beside, split)
    assert resumed.verdicts == swept.beside.verdicts


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        ("train: auc >= 0.99", ThresholdMode.VALUE, "train: auc .+ is below the threshold 0.99"),
        ("drift: gap of auc <= -2", ThresholdMode.VALUE, "drift: gap of auc .+ above the thresh"),
        ("train: example_count >= 151", ThresholdMode.VALUE, "train: example_count 150 is below"),
        (
            "train: auc on payment_type=Gold >= 0",
            ThresholdMode.VALUE,
            "train: auc on payment_type=Gold was not computed",
        ),
        ("eval: auc >= 0.999", ThresholdMode.VALUE, "eval: auc .+ is below the threshold 0.999"),
        ("train: auc >= 0.99", ThresholdMode.CONFIDENT, "train: auc .+ is below the threshold"),
    ],
)
def test_a_missed_threshold_on_a_split_makes_a_checkpoint_ineligible(
    swept: Swept, tmp_path: Path, text: str, mode: ThresholdMode, reason: str
) -> None:
    changes = {"split_thresholds": [SplitThreshold.parse(text)]}
    select = Selection("auc", threshold_mode=mode)
    result = _again(swept, tmp_path, select=select, **changes)
    assert result.chosen is None
    for verdict in result.verdicts:
        assert not verdict.eligible
        assert [bool(re.search(reason, missed)) for missed in verdict.missed[-1:]] == [True]
    if mode is ThresholdMode.VALUE:
        assert _reused(result, "train") == STEPS


def test_a_threshold_on_a_split_is_enough_to_bless(swept: Swept, tmp_path: Path) -> None:
    config = tmp_path / "config.pbtxt"
    config.write_text(WITHOUT_THRESHOLDS)
    threshold = SplitThreshold("drift", "auc", lower=0.0)
    result = sweep(
        **swept.files.arguments(
            config=str(config),
            select=Selection("auc", direction=Direction.HIGHER_IS_BETTER),
            other_splits={"drift": swept.splits["drift"]},
            split_thresholds=[threshold],
            output=str(tmp_path / "own"),
            steps=StepRange(first=60),
        )
    )
    assert result.blessed


def test_a_threshold_on_a_split_needs_no_value_of_the_selection_there(
    swept: Swept, tmp_path: Path, examples: list[bytes]
) -> None:
    """The slice that the choice is on is not in the other split."""
    parsed = [tf.train.Example.FromString(example) for example in examples[:100]]
    payments = [p.features.feature["payment_type"].bytes_list.value[0] for p in parsed]
    cash = tmp_path / "cash.tfrecord"
    tfrecords.write(
        cash, [example for example, of in zip(examples, payments, strict=False) if of == b"Cash"]
    )
    result = _again(
        swept,
        tmp_path,
        select=Selection("auc", slice={"payment_type": "Credit Card"}),
        other_splits={"cash": str(cash)},
        split_thresholds=[SplitThreshold("cash", "example_count", lower=1)],
        steps=StepRange(first=60),
    )
    (verdict,) = result.verdicts
    assert (verdict.missed, verdict.splits) == ([], {"cash": None})


def test_what_is_wrong_with_a_split_is_said_of_it(
    swept: Swept, tmp_path: Path, examples: list[bytes]
) -> None:
    without = [tf.train.Example.FromString(example) for example in examples[:20]]
    for example in without:
        del example.features.feature["big_tipper"]
    unlabelled = tmp_path / "unlabelled.tfrecord"
    tfrecords.write(
        unlabelled, [example.SerializeToString(deterministic=True) for example in without]
    )
    with pytest.raises(FeatureError, match=r"On the split 'drift': The label 'big_tipper' is not"):
        _again(swept, tmp_path, other_splits={"drift": str(unlabelled)})


def test_a_split_by_name_needs_an_artifact(swept: Swept, tmp_path: Path) -> None:
    with pytest.raises(ExamplesError) as raised:
        _again(swept, tmp_path, other_splits=["train"])
    messages = list(documented(BESIDE, "Other splits").values())
    assert re.fullmatch(pattern(messages[0]), str(raised.value))
    with pytest.raises(SelectionError) as refused:
        SplitThreshold.parse("train: auc")
    assert re.fullmatch(pattern(messages[1]), str(refused.value))
