"""The fold of an example is the same in every process, batch and evaluation."""

import json
from pathlib import Path

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pytest
import tensorflow_model_analysis as tfma
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing import util

from checkpoint_sweep.common.names import ModelNames
from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
from checkpoint_sweep.evaluation.jackknife import folds
from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.evaluation.results.candidate import read_predictions
from checkpoint_sweep.evaluation.results.files import JACKKNIFE
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.evaluation import taxi_models, tfma_oracle
from tests.support import tfrecords

CONFIG = """
    model_specs { label_key: "big_tipper" }
    slicing_specs {}
    slicing_specs { feature_keys: "payment_type" }
    metrics_specs {
      metrics { class_name: "AUC" }
      metrics { class_name: "BinaryCrossentropy" threshold {
        value_threshold { upper_bound { value: 9 } } } }
    }
"""


def _batch(records: list[bytes]) -> pa.RecordBatch:
    column = pa.array([[record] for record in records], pa.list_(pa.large_binary()))
    return pa.RecordBatch.from_arrays([column], [tfma.ARROW_INPUT_COLUMN])


def test_the_fold_of_an_example_does_not_depend_on_its_batch() -> None:
    records = [f"example {number}".encode() for number in range(100)]
    whole = folds.of_examples(_batch(records))
    alone = [int(folds.of_examples(_batch([record]))[0]) for record in records]
    sliced = folds.of_examples(_batch(records).slice(37, 20))
    assert whole.tolist() == alone
    assert sliced.tolist() == alone[37:57]


def test_the_fold_of_an_example_is_the_same_in_every_process() -> None:
    assert folds.of_examples(_batch([b"", b"a", b"\0" * 100])).tolist() == [8, 10, 11]
    assert [folds.of_query(query) for query in ("", "a")] == [8, 10]


def test_folds_are_filled_evenly() -> None:
    records = [number.to_bytes(4, "big") for number in range(20_000)]
    counts = np.bincount(folds.of_examples(_batch(records)), minlength=folds.FOLDS)
    assert counts.size == folds.FOLDS
    assert ((counts - 1000) ** 2 / 1000).sum() < 44  # chi-squared, 19 degrees: 0.999


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return taxi_models.write_examples(str(tmp_path_factory.mktemp("data") / "taxi"), 200)


@pytest.mark.parametrize("batch_size", [33, 1000])
def test_replicates_do_not_depend_on_batches_or_other_candidates(
    batch_size: int, data: str, tmp_path: Path
) -> None:
    eval_config = tfma_oracle.config(CONFIG)
    models = taxi_models.write_models(str(tmp_path), "binary", 3)
    tracked_metrics = find_tracked_metrics(eval_config, Selection("auc"))

    def run(name: str, chosen: list, size: int) -> dict:
        output = str(tmp_path / name)
        last = tfma_oracle.run_engine(
            data, eval_config, chosen, output, batch_size=size, tracked_metrics=tracked_metrics
        )[-1]
        return json.loads((Path(last) / JACKKNIFE).read_text())

    alone, together = run("alone", models[2:], 70), run("together", models, batch_size)
    assert [part["slice"] for part in alone["slices"]] == [
        part["slice"] for part in together["slices"]
    ]
    for one, other in zip(alone["slices"], together["slices"], strict=True):
        assert one["examples"] == other["examples"]
        for a, b in zip(one["metrics"], other["metrics"], strict=True):
            assert a["name"] == b["name"]
            assert a["left_out"] == pytest.approx(b["left_out"], rel=1e-9)


@pytest.mark.parametrize(
    ("label", "rarer"), [("big_tipper", True), ("share", False), ("trip_start_hour", False)]
)
def test_the_rarer_of_two_labels_is_counted(
    label: str, rarer: bool, data: str, tmp_path: Path
) -> None:
    eval_config = tfma_oracle.config(
        f"""model_specs {{ label_key: "{label}" }}
        slicing_specs {{}} slicing_specs {{ feature_keys: "payment_type" }}
        metrics_specs {{ metrics {{ class_name: "MeanSquaredError" threshold {{
          value_threshold {{ upper_bound {{ value: 9 }} }} }} }} }}"""
    )
    models = taxi_models.write_models(str(tmp_path), "binary", 1)
    (output,) = tfma_oracle.run_engine(
        data,
        eval_config,
        models,
        str(tmp_path / "out"),
        batch_size=64,
        tracked_metrics=find_tracked_metrics(eval_config, None),
    )
    rows = taxi_models.rows(200)
    counted = read_predictions(output).rarer_label
    for (where, _), found in read_replicates(output, ModelNames()).items():
        of_slice = [row for row in rows if not where or row["payment_type"] == where[0][1]]
        labels = [int(row["big_tipper"]) for row in of_slice]
        expected = min(sum(labels), len(labels) - sum(labels)) if rarer else None
        assert found.own.rarer_label == counted.get(where) == expected
        assert found.own.total == len(labels)


def test_equal_examples_have_the_folds_of_their_places(tmp_path: Path) -> None:
    paths = [tfrecords.write(tmp_path / f"data-{file}", [b""] * 60) for file in range(10)]
    ways = [(60, 1), (40, 1), (20, 3)]  # Sizes of batches, and parts of a file.
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        found = [
            pipeline
            | f"Read{way}" >> ReadFeatures(paths, None, None, *way)
            | f"Folds{way}" >> beam.FlatMap(lambda batch: folds.of_examples(batch).tolist())
            | f"Count{way}" >> beam.combiners.Count.PerElement()
            | f"All{way}" >> beam.combiners.ToDict()
            for way in ways
        ]
        util.assert_that(found | beam.Flatten(), _are_even_and_the_same)


def _are_even_and_the_same(found: list[dict[int, int]]) -> None:
    assert found[0] == found[1] == found[2]
    counts = np.array([found[0].get(fold, 0) for fold in range(folds.FOLDS)])
    assert ((counts - 30) ** 2 / 30).sum() < 44  # chi-squared, 19 degrees: 0.999
