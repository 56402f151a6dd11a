"""A report as `report.json` has it."""

import dataclasses
import json
import math

import pytest

from checkpoint_sweep.common.json_safe import to_json
from checkpoint_sweep.report.document import VERSION, Report
from checkpoint_sweep.report.rows import to_csv
from checkpoint_sweep.selection.across import Across
from tests.checkpoint_sweep.report import fake_report


@pytest.mark.parametrize("kind", [{}, {"eligible": False}, {"baseline": True, "averages": ("a",)}])
def test_what_is_read_is_what_was_written(kind: dict) -> None:
    text = to_json(fake_report.report(**kind).to_dict())
    assert to_json(Report.from_dict(json.loads(text)).to_dict()) == text


def test_nan_is_a_number_again() -> None:
    content = json.loads(to_json(fake_report.report(nan=(1,)).to_dict()))
    value = Report.from_dict(content).values["step-00000200"][0][0]
    assert value is not None
    assert math.isnan(value)


def test_keys_that_a_later_version_adds_are_passed_over() -> None:
    content = json.loads(to_json(fake_report.report().to_dict()))
    expected = Report.from_dict(content)
    for part in (content, content["candidates"][0], content["intervals"][0], content["losses"]):
        part["added"] = 1
    assert Report.from_dict(content) == expected


@pytest.mark.parametrize(
    ("metric", "across", "shown"),
    [
        ("binary_crossentropy", None, "binary_crossentropy"),
        ("binary_crossentropy", Across(("trip_start_hour",)), "binary_crossentropy"),
        ("0.5 * auc - binary_crossentropy", None, "auc"),
        ("of no table", None, "auc"),
    ],
)
def test_views_by_slice_begin_with_a_metric_that_slices_have(
    metric: str, across: Across | None, shown: str
) -> None:
    report = fake_report.report()
    assert report.decision is not None
    selection = dataclasses.replace(report.decision.selection, metric=metric, across=across)
    decision = dataclasses.replace(report.decision, selection=selection)
    report = dataclasses.replace(report, decision=decision)
    assert str(report.metrics[report.metric_on_slices]) == shown


def test_another_version_is_an_error() -> None:
    content = fake_report.report().to_dict() | {"version": VERSION + 1}
    with pytest.raises(ValueError, match=f"of version {VERSION + 1}"):
        Report.from_dict(content)


def test_a_name_that_begins_as_a_formula_is_text_in_a_spreadsheet() -> None:
    report = fake_report.report()
    first = dataclasses.replace(report.candidates[0], name="=cmd()")
    values = {"=cmd()": report.values[report.candidates[0].name]}
    text = to_csv(dataclasses.replace(report, candidates=[first], values=values, baseline=None))
    assert {line.partition(",")[0] for line in text.splitlines()[1:]} == {"'=cmd()"}
