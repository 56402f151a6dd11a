"""What a reader sees: every number is read from the drawn page and compared with TFMA's result."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page

from checkpoint_sweep.tfma_views import (
    TfmaResults,
    compare,
    plots,
    slicing_metrics,
    time_series,
)
from tests.checkpoint_sweep.tfma_views import tfma_results
from tests.checkpoint_sweep.tfma_views.browser import Observed

pytestmark = pytest.mark.slow

Show = Callable[..., Observed]

TABS = {
    "Calibration Plot": "tfma-calibration-plot circle",
    "Residual Plot": "tfma-residual-plot .marker",
    "Prediction Distribution": "tfma-prediction-distribution .marker",
    "Precision-Recall Curve": "tfma-precision-recall-curve#pr path[stroke]",
    "ROC Curve": "tfma-roc-curve path[stroke]",
    "Acc/P/R/F1": "tfma-accuracy-charts path[stroke]",
    "Gain": "tfma-gain-chart path[stroke]",
}


def _rows(page: Page, component: str = "tfma-metrics-table") -> list[list[str]]:
    """The texts of a table, header first."""
    table = page.locator(component).first
    table.locator("tbody tr").first.wait_for()
    cells = "rows => rows.map(row => [...row.children].map(cell => cell.innerText.trim()))"
    return table.locator("tr").evaluate_all(cells)


def _column(page: Page, name: str) -> list[str]:
    header, *rows = _rows(page)
    return [row[header.index(name)] for row in rows]


def _metric(results: TfmaResults, step: int, name: str = "auc") -> dict[str, float]:
    """A metric of each slice by hour, in order, by the slice's name in TFMA's views."""
    result = results.result(step)
    by_hour = {
        int(key[0][1]): metrics[""][""][name]["doubleValue"]
        for key, metrics in result.slicing_metrics
        if key and key[0][0] == "hour"
    }
    return {f"hour:{hour}": by_hour[hour] for hour in sorted(by_hour)}


@pytest.fixture(scope="module")
def series(results: TfmaResults, show_once: Show) -> Page:
    return show_once(time_series(results, ["auc", "binary_accuracy"])).page


@pytest.fixture(scope="module")
def plotted(results: TfmaResults, show_once: Show) -> Page:
    return show_once(plots(results, 900)).page


def test_time_series_shows_each_steps_auc(results: TfmaResults, series: Page) -> None:
    page = series
    expected = {
        str(step): f"{results.result(step).get_metrics_for_slice()['auc']['doubleValue']:.5f}"
        for step in results.steps
    }
    assert dict(zip(_column(page, "Model"), _column(page, "auc"), strict=True)) == expected


def test_time_series_opens_the_charts_asked_for(series: Page) -> None:
    charts = series.locator("tfma-line-chart")
    charts.nth(1).locator(".marker").first.wait_for()
    titles = charts.evaluate_all("charts => charts.map(chart => chart.title)")
    marks = charts.evaluate_all(
        "charts => charts.map(c => c.$.chart.shadowRoot.querySelectorAll('.marker').length)"
    )
    assert dict(zip(titles, marks, strict=True)) == {"auc": 3, "binary_accuracy": 3}


def test_time_series_has_the_step_on_its_axis(series: Page) -> None:
    marks = series.locator("tfma-line-chart").first.locator(".marker")
    marks.first.wait_for()
    at = sorted(marks.evaluate_all("marks => marks.map(mark => Number(mark.getAttribute('cx')))"))
    assert (at[1] - at[0]) / (at[2] - at[0]) == pytest.approx((900 - 100) / (2000 - 100), abs=1e-3)


def test_pointing_at_a_checkpoint_marks_its_row(series: Page) -> None:
    marks = series.locator("tfma-line-chart").first.locator(".marker")
    marks.first.wait_for()
    marks.filter(has_text="Model 900 ").hover()

    assert series.locator("tr.google-visualization-table-tr-sel td").first.inner_text() == "900"


def test_slices_have_a_bar_and_a_row_each(results: TfmaResults, show: Show) -> None:
    page = show(slicing_metrics(results, 900, "hour", show="auc")).page

    bars = page.locator("tfma-slice-overview svg > g:first-of-type rect")
    bars.first.wait_for()
    names = bars.locator("title").all_text_contents()
    heights = bars.evaluate_all("bars => bars.map(bar => Number(bar.getAttribute('height')))")
    drawn = {name.split("\n")[0]: height for name, height in zip(names, heights, strict=True)}
    expected = _metric(results, 900)
    scale = max(heights) / max(expected.values())
    assert drawn == pytest.approx({name: auc * scale for name, auc in expected.items()})
    assert _column(page, "feature") == list(expected)[:20]


def test_a_table_is_paged(results: TfmaResults, show: Show) -> None:
    page = show(slicing_metrics(results, 900, "hour")).page

    first = _column(page, "feature")
    page.locator("a.google-visualization-table-page-number", has_text="2").click()
    second = _column(page, "feature")
    assert (len(first), len(second)) == (20, 2)
    assert first + second == [f"hour:{hour}" for hour in range(tfma_results.HOURS)]


def test_a_table_sorts_by_a_click_and_the_other_way_round_by_one_more(
    results: TfmaResults, show: Show
) -> None:
    page = show(slicing_metrics(results, 900, "hour")).page

    for descending in (False, True):
        page.locator("tfma-metrics-table th", has_text="auc").click()
        values = sorted(_metric(results, 900).values(), reverse=descending)
        shown = [float(text) for text in _column(page, "auc")]
        assert shown == pytest.approx(values[:20], abs=1e-5)


def test_names_of_slices_are_escaped(results: TfmaResults, show: Show) -> None:
    page = show(slicing_metrics(results, 900, "payment")).page

    assert f"payment:{tfma_results.HOSTILE}" in _column(page, "feature")
    assert page.title() == "Step 900, by payment"
    assert page.locator("tfma-metrics-table img").count() == 0


def test_a_histogram_counts_every_slice(results: TfmaResults, show: Show) -> None:
    page = show(slicing_metrics(results, 900, "hour")).page

    page.locator("tfma-graph-data-filter").evaluate("element => { element.chartType = 1; }")
    page.locator("tfma-metrics-histogram").evaluate("element => { element.type = 'both'; }")
    page.locator("tfma-metrics-table tbody tr").first.click()
    notes = page.locator("tfma-metrics-histogram #details svg > g:nth-of-type(4) text")
    notes.nth(19).wait_for()
    counts = [int(text) for text in notes.all_text_contents()]
    assert sum(counts[:10]) == tfma_results.HOURS
    assert sum(counts[10:]) == tfma_results.ROWS
    assert page.locator("tfma-metrics-histogram rect.highlighted").count() == 2


@pytest.mark.parametrize(("tab", "marks"), TABS.items(), ids=TABS.keys())
def test_every_plot_is_drawn(plotted: Page, tab: str, marks: str) -> None:
    page = plotted
    page.locator("paper-tab", has_text=tab).click()

    page.locator(marks).first.wait_for(state="attached")
    page.locator(marks).first.wait_for(state="visible")
    assert page.locator(marks).first.bounding_box()["width"] > 0


def test_a_distribution_adds_up_to_all_examples(plotted: Page) -> None:
    page = plotted
    page.locator("paper-tab", has_text="Prediction Distribution").click()
    bars = page.locator("tfma-prediction-distribution svg > g:first-of-type rect title")
    bars.first.wait_for(state="attached")
    counts = [float(re.match(r"[\d.]+", t).group()) for t in bars.all_text_contents()]
    assert sum(counts) == tfma_results.ROWS


def _range(chart: Locator) -> tuple[str, str]:
    labels = chart.locator("svg text").all_text_contents()
    numbers = [label for label in labels if re.fullmatch(r"[\d.]+", label)]
    return numbers[0], numbers[-1]


def test_dragging_zooms_and_a_right_click_resets(plotted: Page) -> None:
    page = plotted
    page.locator("paper-tab", has_text="ROC Curve").click()
    chart = page.locator("tfma-roc-curve google-chart")
    chart.locator("path[stroke]").first.wait_for(state="attached")
    before = _range(chart)
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 180, steps=3)
    page.mouse.up()
    zoomed = _range(chart)
    page.mouse.click(box["x"] + 300, box["y"] + 100, button="right")

    assert zoomed != before
    assert _range(chart) == before


def test_intervals_stand_below_their_value(with_intervals: TfmaResults, show: Show) -> None:
    page = show(slicing_metrics(with_intervals, 900)).page

    bounded = with_intervals.result(900).get_metrics_for_slice()["auc"]["boundedValue"]
    value, low, high = (f"{bounded[k]:.5f}" for k in ("value", "lowerBound", "upperBound"))
    lines = page.locator("tfma-metrics-table td tfma-bounded-value div")
    lines.first.wait_for()
    assert lines.all_inner_texts() == [value, f"({low}, {high})"]


def test_a_confusion_matrix_counts_the_examples(multi_class: TfmaResults, show: Show) -> None:
    page = show(plots(multi_class, 50)).page

    cells = page.locator("tfma-multi-class-confusion-matrix-at-thresholds .row .cell")
    cells.first.wait_for()
    rows = tfma_results.multi_class_rows()
    predictions = np.stack(rows["prediction"])
    chosen = np.where(predictions.max(axis=1) > 0.4, predictions.argmax(axis=1), -1)
    for actual in range(tfma_results.CLASSES):
        for predicted in range(tfma_results.CLASSES):
            count = int(((rows["label"] == actual) & (chosen == predicted)).sum())
            cell = page.locator(
                f".row .cell[row='{actual + 1}'][column='{predicted + 2}'] .positive"
            )
            assert cell.inner_text().strip() == (str(count) if count else "")


def test_of_several_classes_the_first_is_shown_until_another_is_chosen(
    multi_class: TfmaResults, show: Show
) -> None:
    page = show(slicing_metrics(multi_class, 50)).page

    assert _rows(page)[0] == ["feature", "example_count", "sparse_categorical_accuracy"]
    page.locator("#class-picker paper-dropdown-menu").click()
    page.locator("#class-picker paper-item", has_text="classId:2").click()
    page.locator("th", has_text="auc").wait_for()
    auc = multi_class.result(50).get_metrics_for_slice(class_id=2)["auc"]["doubleValue"]
    assert _column(page, "2/auc") == [f"{auc:.5f}"]


def test_a_comparison_is_in_the_order_of_the_models(with_baseline: TfmaResults, show: Show) -> None:
    page = show(compare(with_baseline, [900], "payment", baseline=True)).page

    header = [name.replace("\u200b", "") for name in _rows(page)[0]]
    assert header == [
        "feature",
        "auc, step 900",
        "auc, baseline",
        "auc, difference",
        "example_count",
    ]
