"""A sweep without a pipeline gives what the component gives, goes on, and refuses in a sentence."""

import json
import os
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep import Direction, EarliestOfSet, Selection, StepRange, SweepOptions
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.evaluation.results.files import JACKKNIFE
from checkpoint_sweep.report import write
from checkpoint_sweep.report.sentences import headline
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.finished import read_result
from checkpoint_sweep.sweeping.sweep import sweep
from tests.checkpoint_sweep.sweeping.conftest import Files


def test_every_checkpoint_is_evaluated_and_the_chosen_one_exported(files: Files) -> None:
    swept = sweep(**files.arguments())
    assert [v.step for v in swept.verdicts] == [0, 20, 40, 60]
    values = {v.name: v.value for v in swept.verdicts}
    assert swept.chosen == max(values, key=lambda name: values[name])
    for name, value in values.items():
        result = tfma.load_eval_result(os.path.join(swept.directory, name))
        overall = next(metrics for key, metrics in result.slicing_metrics if key == ())
        assert overall[""][""]["auc"]["doubleValue"] == value
    assert swept.model is not None
    assert swept.step is not None
    exported = tf.train.load_checkpoint(os.path.join(swept.model, "variables", "variables"))
    trained = tf.train.load_checkpoint(str(files.run / f"model.ckpt-{swept.step}"))
    for name in exported.get_variable_to_dtype_map():
        assert (exported.get_tensor(name) == trained.get_tensor(name)).all()
    table = swept.to_pandas()
    overall = table[(table["metric"] == "auc") & (table["slice"] == "overall")]
    assert dict(zip(overall["candidate"], overall["value"], strict=True)) == values
    assert swept.blessed
    assert read_result(str(files.output)) == swept


def test_earlier_results_are_reused_and_the_earlier_folder_is_removed(files: Files) -> None:
    late = [path for path in files.run.iterdir() if path.name.startswith("model.ckpt-40")]
    aside = files.run.parent / "aside"
    aside.mkdir()
    for path in late:
        shutil.move(path, aside / path.name)
    first = sweep(**files.arguments())
    assert [v.step for v in first.verdicts] == [0, 20, 60]
    for path in aside.iterdir():
        shutil.move(path, files.run / path.name)
    mine = [files.output / name for name in ("2023", "0002/2", "²", "0005")]
    for path in mine:
        path.mkdir(parents=True)
        (path / "notes.txt").touch()
    shutil.copytree(first.directory, files.output / "0007")
    second = sweep(**files.arguments())
    entries = json.loads((Path(second.directory) / "ledger.json").read_text())["checkpoints"]
    assert {e["step"]: e["reused"] for e in entries} == {0: True, 20: True, 40: False, 60: True}
    assert folders.numbers(str(files.output)) == [2024]
    assert all((path / "notes.txt").exists() for path in mine)
    assert (files.output / "0007" / "verdicts.json").exists()


def test_a_sweep_in_which_nothing_is_new_leaves_the_one_before(
    files: Files, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", "absl")
    with monkeypatch.context() as patched:
        patched.setattr(write.time, "gmtime", lambda: time.struct_time((2001, 1, 1, *[0] * 6)))
        first = sweep(**files.arguments())  # The day of its report is no news.
    assert first.report.made["date"].startswith("2001-01-01")
    written = _times(first.directory)
    assert sweep(**files.arguments()) == first
    assert f"Nothing is new: {first.directory} stays as it is." in caplog.messages
    assert _times(first.directory) == written
    assert folders.numbers(str(files.output)) == [1]
    Path(first.directory, "report.html").unlink()
    assert sweep(**files.arguments()).directory.endswith("0002")
    earliest = Selection("auc", policy=EarliestOfSet())
    assert sweep(**files.arguments(select=earliest)).directory.endswith("0003")


def test_examples_config_and_metric_may_stand_in_the_call(files: Files) -> None:
    first = sweep(**files.arguments(output=None))
    given = str(files.run), str(files.model), str(files.examples), str(files.config)
    assert sweep(*given, "auc") == first  # Nothing is new.
    assert {verdict["name"] for verdict in first.verdicts} >= {first.chosen}
    with pytest.raises(UserError, match="LOWER_IS_BETTER"):  # Its threshold declares the other.
        sweep(*given, "auc", direction=Direction.LOWER_IS_BETTER)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"config": "c"}, "sweep needs SweepOptions, or the examples, an evaluation config and"),
        ({"options": SweepOptions("e", "c", "auc"), "select": "auc"}, "Give sweep the options "),
    ],
)
def test_options_are_given_whole_or_not_at_all(more: dict, words: str) -> None:
    with pytest.raises(UserError, match=words):
        sweep(**{"run": "run", "model": "export", "options": "examples", **more})


def _times(directory: str) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in Path(directory).rglob("*")}


def test_results_have_a_path_that_does_not_change(files: Files) -> None:
    latest = files.output / "latest"
    first = sweep(**files.arguments())
    assert latest.readlink() == Path("0001")
    assert folders.by_latest(first.directory) == str(latest)
    second = sweep(**files.arguments(steps=StepRange(first=20)))
    assert latest.readlink() == Path("0002")
    assert read_result(str(latest)).verdicts == second.verdicts
    latest.unlink()
    sweep(**files.arguments(steps=StepRange(first=20)))
    assert latest.readlink() == Path("0002")


def test_what_is_called_latest_and_is_no_link_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "latest").mkdir()
    folders.point_latest(str(tmp_path), str(tmp_path / "0001"))
    assert not (tmp_path / "latest").is_symlink()
    assert f"latest is not a link, and stays: the results are in {tmp_path}/0001" in caplog.text


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_config_may_be_json_or_yaml(form: str, files: Files) -> None:
    config = text_format.Parse(files.config.read_text(), config_pb2.EvalConfig())
    path = files.config.with_suffix(f".{form}")  # JSON is YAML.
    path.write_text(json_format.MessageToJson(config))
    assert sweep(**files.arguments(config=str(path))).chosen is not None


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_gives_the_values_of_its_examples(
    suffix: str, files: Files, examples: list[bytes]
) -> None:
    rows = []
    for number, serialized in enumerate(examples[:200]):
        features = tf.train.Example.FromString(serialized).features.feature
        row = {"rider": number // 20}  # No input of the model.
        for name in ("fare", "trip_start_hour", "payment_type", "big_tipper"):
            feature = features[name]
            values = getattr(feature, feature.WhichOneof("kind")).value
            row[name] = values[0].decode() if isinstance(values[0], bytes) else values[0]
        rows.append(row)
    table = files.examples.with_suffix(suffix)
    frame = pd.DataFrame(rows)
    if suffix == ".csv":
        frame.to_csv(table, index=False)
    else:
        frame.to_parquet(table)
    output = str(files.output) + "-table"
    of_table = sweep(**files.arguments(examples=str(table), output=output, cluster_key="rider"))
    of_records = sweep(**files.arguments())
    assert [v.value for v in of_table.verdicts] == pytest.approx(
        [v.value for v in of_records.verdicts], rel=1e-6
    )
    assert of_table.chosen is not None
    jackknife = json.loads(Path(of_table.directory, of_table.chosen, JACKKNIFE).read_text())
    overall = next(part for part in jackknife["slices"] if not part["slice"])
    assert {count % 20 for count in overall["examples"]} == {0}
    assert "its error by clusters of rider" in headline(of_table.report).sentence
    assert of_table.report.made["cluster_key"] == "rider"
    assert "count as some" in of_table.reason
    assert "clusters" not in of_records.reason


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"examples": "/nowhere/*"}, "There is no file at /nowhere/"),
        ({"config": "/nowhere"}, "The evaluation config /nowhere cannot be read"),
        ({"select": "acu"}, "does not compute 'acu'"),
        ({"run": "/nowhere"}, "/nowhere"),
        ({"model": "/nowhere"}, "/nowhere"),
        ({"schema": "/nowhere"}, "The schema /nowhere cannot be read"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(changes: dict, words: str, files: Files) -> None:
    with pytest.raises(UserError, match=words):
        sweep(**files.arguments(**changes))


def test_an_output_with_something_else_in_it_is_refused(files: Files) -> None:
    before = sorted(files.run.iterdir())
    with pytest.raises(UserError, match="run is not empty, and was not made by a sweep"):
        sweep(**files.arguments(output=str(files.run)))
    assert sorted(files.run.iterdir()) == before


def test_files_of_two_kinds_are_refused(files: Files) -> None:
    (files.run.parent / "more.csv").write_text("a\n1\n")
    given = [str(files.examples), str(files.run.parent / "more.csv")]
    with pytest.raises(UserError, match="Name files of one kind"):
        sweep(**files.arguments(examples=given))


def test_a_second_sweep_at_the_same_time_is_refused(files: Files) -> None:
    with folders.locked(str(files.output)), pytest.raises(UserError, match="Another sweep is"):
        sweep(**files.arguments())


def test_a_sweep_that_failed_leaves_the_one_before(files: Files) -> None:
    before = sweep(**files.arguments())
    with pytest.raises(UserError):
        sweep(**files.arguments(select="acu"))
    assert read_result(str(files.output)) == before
