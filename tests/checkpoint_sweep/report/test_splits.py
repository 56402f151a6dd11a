"""Values on other splits, in what a report writes."""

import csv
import dataclasses
import io
import json

import pytest

from checkpoint_sweep.common.json_safe import to_json
from checkpoint_sweep.report.document import Candidate, Report, SplitValues
from checkpoint_sweep.report.page import render
from checkpoint_sweep.report.payload import payload
from checkpoint_sweep.report.rows import to_csv
from tests.checkpoint_sweep.report import fake_report


@pytest.fixture(scope="module")
def report() -> Report:
    """Three checkpoints, of which the second has no results on the split `train`."""
    plain = fake_report.report(checkpoints=3, slices=2, plots=False)
    shifted = {
        name: [[None if cell is None else cell + 0.25 for cell in row] for row in table]
        for name, table in plain.values.items()
    }
    missing = plain.candidates[1].name
    del shifted[missing]
    candidates = [_with_split(candidate, missing) for candidate in plain.candidates]
    assert plain.decision is not None
    verdicts = [candidate.verdict for candidate in candidates if candidate.verdict]
    return dataclasses.replace(
        plain,
        candidates=candidates,
        decision=dataclasses.replace(plain.decision, verdicts=verdicts),
        splits=[SplitValues("train", 50, shifted)],
        made={
            "example_splits": ["eval"],
            "other_splits": {"train": ["a.tfrecord", "b.tfrecord"]},
            "split_thresholds": ["train: gap of auc <= 0.5"],
        },
    )


def _with_split(candidate: Candidate, missing: str) -> Candidate:
    verdict = candidate.verdict
    assert verdict is not None
    value = None if candidate.name == missing or verdict.value is None else verdict.value + 0.25
    changed = dataclasses.replace(verdict, splits={"train": value})
    return dataclasses.replace(candidate, verdict=changed)


def test_report_json_is_read_as_it_was_written(report: Report) -> None:
    assert Report.from_dict(json.loads(to_json(report.to_dict()))).splits == report.splits


def test_metrics_csv_says_of_which_split_a_value_is(report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(report))))
    assert [row["split"] for row in rows] == sorted(row["split"] for row in rows)
    own, train = (
        {
            (row["candidate"], row["slice"], row["metric"]): float(row["value"])
            for row in rows
            if row["split"] == split
        }
        for split in ("eval", "train")
    )
    assert len(own) == 3 * len(train) / 2
    assert train == {key: pytest.approx(own[key] + 0.25) for key in train}


def test_the_page_has_a_section_and_a_column_for_a_split(report: Report) -> None:
    page = render(report)
    assert 'id="split-chart"' in page
    assert '<th class="number">train (gap)</th>' in page
    assert page.count("(+0.25)") >= 2
    assert "train: a.tfrecord, b.tfrecord" in page
    assert "train: gap of auc &lt;= 0.5" in page
    (train,) = payload(report)["splits"]
    assert train["values"].keys() == report.splits[0].values.keys()


def test_without_other_splits_the_page_has_neither() -> None:
    page = render(fake_report.report(checkpoints=3, plots=False))
    assert 'id="split-chart"' not in page
    assert "(gap)" not in page
