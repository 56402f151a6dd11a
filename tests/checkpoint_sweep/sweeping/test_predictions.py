"""The predictions that a sweep writes are those of the served models, example by example."""

import dataclasses
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from checkpoint_sweep import Predictions, SweepResult, sweep, write_predictions_of
from checkpoint_sweep.errors import UserError
from checkpoint_sweep.sweeping.export import export_step
from tests.checkpoint_sweep.sweeping.conftest import Files, files_in
from tests.support.errors_document import BESIDE, documented, pattern
from tests.support.estimator_run import LABEL, EstimatorRun


@dataclasses.dataclass(frozen=True)
class Swept:
    """A sweep with a baseline, the files of its predictions, and the examples."""

    files: Files
    result: SweepResult
    examples: list[bytes]

    def table(self, name: str) -> pd.DataFrame:
        """The predictions of a model."""
        path = Path(self.result.directory) / "predictions" / f"{name}.parquet"
        return pq.read_table(path).to_pandas()


@pytest.fixture(scope="module")
def swept(
    tmp_path_factory: pytest.TempPathFactory, trained: EstimatorRun, examples: list[bytes]
) -> Swept:
    directory = tmp_path_factory.mktemp("predictions")
    files = files_in(directory, trained, examples)
    baseline = directory / "old"
    export_step(str(files.run), str(files.model), 20, str(baseline))
    result = sweep(
        **files.arguments(baseline=str(baseline), predictions=Predictions((0,), "trip_start_hour"))
    )
    return Swept(files, result, examples[:200])


def _served(directory: str | Path, examples: list[bytes]) -> np.ndarray:
    """What a server would answer."""
    served = tf.saved_model.load(str(directory)).signatures["serving_default"]
    (outputs,) = served(tf.constant(examples)).values()
    return np.asarray(outputs).ravel()


def test_predictions_are_those_of_the_served_models(swept: Swept, tmp_path: Path) -> None:
    assert swept.result.model is not None
    export_step(str(swept.files.run), str(swept.files.model), 0, str(tmp_path / "0"))
    models = {
        swept.result.chosen or "": swept.result.model,
        "baseline": swept.files.run.parent / "old",
        "step-00000000": tmp_path / "0",
    }
    names = {p.stem for p in (Path(swept.result.directory) / "predictions").iterdir()}
    assert names == models.keys()
    for name, directory in models.items():
        table = swept.table(name)
        expected = _served(directory, swept.examples)
        np.testing.assert_allclose(table["prediction"], expected, rtol=1e-6)
        assert table["prediction"].dtype == np.float32


def test_rows_have_their_key_slices_and_label(swept: Swept) -> None:
    table = swept.table("baseline")
    features = [tf.train.Example.FromString(text).features.feature for text in swept.examples]
    assert list(table.columns) == ["row", "key", "slice/payment_type", "label", "prediction"]
    assert list(table["row"]) == list(range(200))
    assert list(table["key"]) == [f["trip_start_hour"].int64_list.value[0] for f in features]
    payments = [f["payment_type"].bytes_list.value[0].decode() for f in features]
    assert list(table["slice/payment_type"]) == payments
    assert list(table["label"]) == [f[LABEL].int64_list.value[0] for f in features]


def test_the_report_has_the_examples_with_the_largest_differences(swept: Swept) -> None:
    ours, theirs = swept.table(swept.result.chosen or ""), swept.table("baseline")
    difference = (ours["prediction"].astype(float) - theirs["prediction"]).abs()
    expected = difference.sort_values(ascending=False, kind="stable").head(20)
    found = swept.result.report.disagreements
    assert [each.row for each in found] == list(expected.index)
    assert [each.difference for each in found] == list(expected)
    first = found[0]
    assert first.chosen == ours["prediction"][first.row]
    assert first.slices == {"payment_type": ours["slice/payment_type"][first.row]}
    page = (Path(swept.result.directory) / "report.html").read_text()
    assert "where they disagree most" in page


def test_predictions_of_a_further_step_are_written_afterwards(swept: Swept, tmp_path: Path) -> None:
    (path,) = write_predictions_of(str(swept.files.output), [40])
    export_step(str(swept.files.run), str(swept.files.model), 40, str(tmp_path / "40"))
    table = pq.read_table(path).to_pandas()
    expected = _served(tmp_path / "40", swept.examples)
    np.testing.assert_allclose(table["prediction"], expected, rtol=1e-6)


_UNKNOWN = "or not among those of a finished sweep"
_NO_KEY = "or no feature of the examples"
_GONE = "the checkpoint has gone"
_NOT_SWEPT = "a step is not among those of a sweep that writes predictions"
_NONSENSE = [
    ('{"steps": [-1]}', "a step is no step"),
    ('{"steps": [1, 1]}', "a step is named twice"),
    ('{"steps": 1}', "the steps are no list"),
    ('{"key": ""}', "the key is none"),
]


def _refused(when: str) -> AbstractContextManager[Any]:
    message = documented(BESIDE, "Predictions")[when]
    return pytest.raises(UserError, match=f"^{pattern(message)}$")


def test_every_documented_refusal_is_tested() -> None:
    tested = {_UNKNOWN, _NO_KEY, _GONE, _NOT_SWEPT, *(when for _, when in _NONSENSE)}
    assert documented(BESIDE, "Predictions").keys() == tested


def test_what_cannot_be_written_is_refused_and_leaves_nothing(swept: Swept) -> None:
    folder = Path(swept.result.directory) / "predictions"
    before = sorted(folder.iterdir())
    with _refused(_UNKNOWN):
        write_predictions_of(str(swept.files.output), [7])
    with _refused(_NO_KEY):
        write_predictions_of(str(swept.files.output), [60], "nowhere")
    aside = swept.files.run / "model.ckpt-60.index"
    aside.rename(aside.with_suffix(".aside"))
    with _refused(_GONE):
        write_predictions_of(str(swept.files.output), [60])
    aside.with_suffix(".aside").rename(aside)
    assert sorted(folder.iterdir()) == before
    with _refused(_NOT_SWEPT):
        sweep(**swept.files.arguments(predictions=Predictions((7,))))


@pytest.mark.parametrize(("text", "when"), _NONSENSE)
def test_a_request_that_makes_no_sense_is_refused(text: str, when: str) -> None:
    with _refused(when):
        Predictions.from_json(text)


def test_a_request_survives_as_a_parameter() -> None:
    request = Predictions([20, 0], "id")
    assert Predictions.from_json(request.to_json()) == request
