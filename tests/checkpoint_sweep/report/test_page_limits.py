"""What the charts of a report show where checkpoints lie far apart."""

import dataclasses

import pytest

from checkpoint_sweep.report.plots import ClassesPlot
from tests.checkpoint_sweep.report import fake_report
from tests.checkpoint_sweep.report.conftest import Open

_STEADY = [0.0, *(-0.004 * i for i in range(1, 12))]
_TIED = [0.0, -0.001, 0.001, -0.002, 0.0, -0.001]


@pytest.mark.parametrize(
    ("values", "tied", "beyond"),
    [
        pytest.param(_STEADY, 2, [], id="a steady fall is shown whole"),
        pytest.param(
            [350, 52, 10, 5, 4, 3.6, 2.9, 2.9, 2, 2, 1.5, 0.8, 0.5, 0.3, 0], 1, [350, 52, 10]
        ),
        pytest.param([*_TIED, -0.063], 6, [-0.063], id="one far from many that are tied"),
        pytest.param([*_TIED, -0.003], 6, [], id="one near them"),
        pytest.param([413, 74, 69, 68, 67, 67, 66, 65], 0, [413, 74], id="none chosen"),
        pytest.param([5], 1, [], id="one"),
        pytest.param([], 0, [], id="none"),
    ],
)
def test_the_limits_show_what_decides_and_three_quarters_of_all(
    open_report: Open, values: list[float], tied: int, beyond: list[float]
) -> None:
    page = open_report(fake_report.report(checkpoints=1, plots=False)).page
    by_nearness = sorted(range(len(values)), key=lambda i: abs(values[i]))
    states = dict.fromkeys(by_nearness[:tied], "tied with the best")
    rows = [
        {"value": value, "low": None, "high": None, "state": states.get(i, "significantly worse")}
        for i, value in enumerate(values)
    ]
    limits = page.evaluate("rows => limitsOf(rows)", rows)
    if limits is None:
        assert beyond == []
    else:
        assert [v for v in values if not limits[0] <= v <= limits[1]] == beyond


def test_an_outlier_does_not_take_the_colours_of_the_slices(open_report: Open) -> None:
    made = fake_report.report()
    made.values["step-00000100"] = [[-300.0, *row[1:]] for row in made.values["step-00000100"]]
    page = open_report(made).page

    assert "Beyond the range of the colours: step 100" in page.locator("#heat-note").inner_text()
    cells = page.locator("#heat-chart .mark-rect").first.locator("path")
    assert len({cells.nth(i).get_attribute("fill") for i in range(cells.count())}) > 50


def test_where_all_slices_are_of_few_examples_they_make_the_range_of_the_colours(
    open_report: Open,
) -> None:
    made = fake_report.report(checkpoints=3, slices=1, plots=False)
    made.values.update({name: [rows[0], [0.2, 0.5, 40.0]] for name, rows in made.values.items()})
    page = open_report(made).page

    script = "async () => heatRows(JSON.parse(await inflate('data')), 0, 'all', true).domain.domain"
    best = max(rows[0][0] or 0.0 for rows in made.values.values())
    assert page.evaluate(script) == pytest.approx([0.2, best], abs=1e-6)


def test_a_class_that_is_never_predicted_has_a_column_of_the_confusion_matrix(
    open_report: Open,
) -> None:
    made = fake_report.report(checkpoints=1)
    matrix: ClassesPlot = {
        "of": "",
        "name": "",
        "kind": "classes",
        "threshold": 0.0,
        "entries": [(0, 0, 24.0), (1, 0, 26.0), (2, 0, 21.0)],
        "classes_left_out": 0,
    }
    plots = {name: [matrix] for name in made.plots}
    page = open_report(dataclasses.replace(made, plots=plots)).page

    labels = page.locator("#plots .role-axis-label text").all_text_contents()
    assert labels == ["0", "1", "2"] * 2
