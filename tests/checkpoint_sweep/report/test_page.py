"""The page in a browser: what it says, that it stays text, and that it is quick and small."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page

from checkpoint_sweep.report.document import Losses
from checkpoint_sweep.report.page import render
from tests.checkpoint_sweep.report import fake_report
from tests.checkpoint_sweep.report.conftest import Open
from tests.checkpoint_sweep.tfma_views.browser import Browser

pytestmark = pytest.mark.slow

KINDS: dict[str, dict[str, Any]] = {
    "one": {"checkpoints": 1},
    "twenty": {},
    "not-blessed": {"eligible": False},
    "no-thresholds": {"blessed": False},
    "nan": {"nan": (3, 7)},
    "averages": {"averages": ("average-last-2", "greedy-soup")},
    "no-intervals": {"intervals": False},
    "no-slices": {"slices": 0},
    "no-plots": {"plots": False},
    "baseline": {"baseline": True},
}
# Of the page of 200 checkpoints and 100 slices; a cell of the heat map is no element.
BYTES, ELEMENTS = 5_000_000, 20_000


def marks(page: Page, chart: str) -> int:
    """Number of marks that a chart has drawn, on SVG."""
    return page.locator(f"#{chart} svg .mark-symbol path").count()


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_sweep_is_drawn(open_report: Open, name: str) -> None:
    made = fake_report.report(**KINDS[name])
    page = open_report(made).page

    assert made.decision is not None
    heading = page.locator("h1").inner_text()
    expected = "None of the candidates passed" if made.chosen is None else made.chosen.title
    assert heading.startswith(expected)
    assert ("Not blessed" in page.locator(".blessing").inner_text()) != made.decision.blessed
    rows = page.locator("#verdict-table tbody tr")
    assert rows.count() == len(made.candidates)
    assert page.locator("#verdict-table tr.chosen").count() == (0 if made.chosen is None else 1)
    finite = sum(verdict.value is not None for verdict in made.decision.verdicts)
    beyond = page.locator("#step-chart svg text", has_text=re.compile("[↑↓]")).count()
    assert marks(page, "step-chart") + beyond >= finite
    assert page.locator("#heat-chart").count() == (0 if name == "no-slices" else 1)
    assert page.locator("#change-chart svg.marks").count() == (1 if name == "baseline" else 0)
    assert page.locator("#plots svg.marks").count() == (0 if name == "no-plots" else 3)


def test_a_sweep_without_results_names_the_reasons(browser: Browser, tmp_path: Path) -> None:
    made = fake_report.report(checkpoints=2, eligible=False, intervals=False, plots=False)
    made = dataclasses.replace(
        made,
        values={},
        metrics=[],
        slices=[],
        losses=Losses(),
        candidates=[
            dataclasses.replace(candidate, reason="it cannot be read")
            for candidate in made.candidates
        ],
    )
    (tmp_path / "page.html").write_text(render(made), encoding="utf-8")
    observed = browser.open(tmp_path / "page.html")
    observed.page.wait_for_selector("body[data-drawn]")

    assert observed.page.locator("h1").inner_text().startswith("None of the candidates passed")
    assert observed.page.locator("main").inner_text().count("it cannot be read") == 2
    assert "no candidate has results" in observed.page.locator("#problem").inner_text()
    assert observed.errors == []
    observed.close()


def test_the_verdicts_shown_are_the_reports(open_report: Open) -> None:
    made = fake_report.report(nan=(3,))
    page = open_report(made).page

    shown = page.locator("#verdict-table tbody tr").evaluate_all(
        "rows => rows.map(r => [r.cells[0].innerText, r.cells[2].dataset.value])"
    )
    assert made.decision is not None
    assert shown == [
        [verdict.label, "" if verdict.value is None else str(verdict.value)]
        for verdict in made.decision.verdicts
    ]


def test_the_slice_table_has_the_reports_numbers(open_report: Open) -> None:
    made = fake_report.report(baseline=True)
    page = open_report(made).page

    page.locator("summary", has_text="All slices").click()
    page.select_option("#slice-candidate", "step-00000500")
    page.select_option("#slice-metric", label="binary_crossentropy")
    shown = page.locator("#slice-table tbody tr").evaluate_all(
        """rows => rows.map(row => [row.cells[0].innerText,
          ...[1, 2, 5].map(i => row.cells[i].dataset.value)])"""
    )
    assert [row[0] for row in shown] == fake_report.titles(made)
    values = made.values["step-00000500"]
    for row, value in zip(shown, values, strict=True):
        assert [float(cell) for cell in row[1:]] == pytest.approx(
            [value[2], value[1], 0.1], rel=1e-6
        )


@pytest.mark.parametrize(
    ("where", "chosen", "lines"),
    [
        pytest.param({}, "overall", 1, id="all examples"),
        pytest.param({}, "trip_start_hour=1", 0, id="not on a slice"),
        pytest.param({"trip_start_hour": "1"}, "trip_start_hour=1", 1, id="one slice"),
        pytest.param({"trip_start_hour": "2"}, "trip_start_hour=1", 0, id="another slice"),
        pytest.param({"trip_start_hour": None}, "trip_start_hour=1", 1, id="each of a feature"),
    ],
)
def test_thresholds_are_lines_where_they_hold(
    open_report: Open, where: dict[str, str | None], chosen: str, lines: int
) -> None:
    made = fake_report.report(intervals=False)
    (threshold,) = made.thresholds
    threshold = dataclasses.replace(threshold, slice=where, lower=0.94)
    made = dataclasses.replace(made, thresholds=[threshold])
    page = open_report(made).page

    page.evaluate("document.querySelector('#step-chart svg.marks').dataset.before = ''")
    page.select_option("#step-slice", label=chosen)
    page.wait_for_selector("#step-chart svg.marks:not([data-before])")
    texts = page.locator("#step-chart svg.marks text", has_text="at least 0.94")
    assert texts.count() == lines


def test_the_first_chart_is_of_differences_and_the_values_are_a_choice(open_report: Open) -> None:
    page = open_report(fake_report.report()).page
    chart, note = page.locator("#step-chart"), page.locator("#step-note")

    assert chart.locator("text", has_text="Δ auc vs. chosen").count() == 1
    assert "behind the verdicts" in note.inner_text()
    assert "step 100 (-0.2)" in note.inner_text()  # It would squeeze those that are tied.
    page.evaluate("document.querySelector('#step-chart svg.marks').dataset.before = ''")
    page.select_option("#step-view", "value")
    page.wait_for_selector("#step-chart svg.marks:not([data-before])")
    assert chart.locator("text", has_text="Δ").count() == 0
    assert "threshold, at least 0.85" in note.inner_text()  # So would the threshold.


def test_what_is_undefined_is_grey_and_last(open_report: Open) -> None:
    made = fake_report.report(checkpoints=1, slices=3)
    made = dataclasses.replace(made, rarer_labels=[900, 1, 40, 40])
    page = open_report(made).page

    labels = page.locator("#heat-chart .role-axis-label text").all_text_contents()
    assert any(label.endswith("(1 of a class)") for label in labels)
    cells = page.locator("#heat-chart .mark-rect").first.locator("path")
    assert cells.last.get_attribute("fill") == "rgba(128,128,128,0.35)"
    assert "Grey: not defined" in page.locator("#heat-note").inner_text()
    page.select_option("#heat-metric", label="binary_crossentropy")
    page.wait_for_function("!document.querySelector('#heat-note').innerText.includes('Grey')")


def test_the_page_says_which_sweep_it_is_of(open_report: Open) -> None:
    made = {"pipeline": "taxi", "run": "7</style>", "date": "2026-11-30", "checkpoint_sweep": "9.9"}
    page = open_report(dataclasses.replace(fake_report.report(), made=made)).page

    identity = "taxi · run 7</style> · 2026-11-30 · checkpoint-sweep 9.9"
    assert identity in page.title()
    assert identity in page.locator(".kicker").inner_text()
    styles = "".join(page.locator("style").all_text_contents())
    assert 'content: "taxi · run 7__style_ · ' in styles  # The printed footer.


def test_values_from_the_data_are_escaped(open_report: Open) -> None:
    hostile = {"reason": fake_report.HOSTILE}
    made = fake_report.with_verdicts(fake_report.report(), lambda candidate: hostile)
    made = dataclasses.replace(
        made,
        candidates=[dataclasses.replace(candidate, **hostile) for candidate in made.candidates],
        made={"examples": [fake_report.HOSTILE]},
    )
    observed = open_report(made)
    dialogs: list[str] = []

    def heard(dialog: Dialog) -> None:
        dialogs.append(dialog.message)

    observed.page.on("dialog", heard)

    assert fake_report.HOSTILE in observed.page.locator(".made").inner_text()
    assert fake_report.HOSTILE in observed.page.locator("#verdict-table").inner_text()
    cell = observed.page.locator("#heat-chart svg.marks .mark-rect").first.locator("path").last
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    assert box is not None
    observed.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    observed.page.locator("#vg-tooltip-element.visible").wait_for()
    assert fake_report.HOSTILE in observed.page.locator("#vg-tooltip-element").inner_text()
    assert dialogs == []
    observed.page.remove_listener("dialog", heard)


def test_scripts_of_others_do_not_run(open_report: Open) -> None:
    observed = open_report(fake_report.report(checkpoints=1))
    observed.page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
        }"""
    )
    assert observed.page.evaluate("window.ran") is None
    (error,) = observed.errors
    assert "Content Security Policy" in error
    observed.errors.clear()


def test_a_regression_has_predicted_against_actual_and_residuals(open_report: Open) -> None:
    plots = {"step-00000100": fake_report.regression_plots()}
    made = dataclasses.replace(fake_report.report(checkpoints=1), plots=plots)
    page = open_report(made).page

    assert page.locator("#plots .chart").evaluate_all(
        "charts => charts.map(chart => chart.getAttribute('aria-label'))"
    ) == ["Predicted against actual", "Residuals"]
    drawn = page.locator("#plots .chart").evaluate_all(
        """charts => charts.map(chart => [...chart.querySelectorAll('[aria-roledescription=point]')]
          .map(mark => mark.getAttribute('aria-label').match(/[-−]?[\\d.]+(?=;|$)/g).slice(0, 2)
            .map(text => Number(text.replace('−', '-')))))"""
    )
    assert drawn == [
        [[5, 7], [10, 9], [20, 20], [40, 44]],
        [[5, 2], [10, -1], [20, 0], [40, 4]],
    ]
    assert "about 100 of them" in page.locator("#plots .note").first.inner_text()


def test_a_caution_of_several_verdicts_is_said_once() -> None:
    cautions = {100: "a few examples decide", 200: "a few examples decide", 300: "few examples"}
    made = fake_report.with_verdicts(
        fake_report.report(checkpoints=4), lambda c: {"caution": cautions.get(c.step)}
    )
    page = render(made)
    assert page.count("A few examples decide") == 1
    assert page.count(" †</td>") == 2
    assert page.count('<div class="quiet">Caution: few examples.</div>') == 1


def test_the_summary_cautions_of_those_that_the_chosen_was_compared_with() -> None:
    made = fake_report.report(checkpoints=4)
    chosen = made.chosen
    assert chosen is not None
    cautioned = fake_report.with_verdicts(
        made, lambda c: {"caution": None if c is chosen else "few examples", "eligible": True}
    )
    assert "Caution for step 100 (2 other checkpoints have one too): few examples." in render(
        cautioned
    )


def test_the_text_is_readable_without_scripts(browser: Browser, tmp_path: Path) -> None:
    made = fake_report.report()
    (tmp_path / "page.html").write_text(render(made), encoding="utf-8")
    observed = browser.open(tmp_path / "page.html", java_script_enabled=False)  # type: ignore[arg-type]

    assert "is chosen" in observed.page.locator("h1").inner_text()
    assert observed.page.locator("#verdict-table tbody tr").count() == len(made.candidates)
    observed.close()


def test_the_page_of_a_large_sweep_is_small(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    path.write_text(render(fake_report.report(checkpoints=200, slices=100)), encoding="utf-8")
    assert path.stat().st_size < BYTES

    observed = browser.open(path)
    observed.page.wait_for_selector("body[data-drawn]")
    assert observed.page.evaluate("document.querySelectorAll('*').length") < ELEMENTS
    assert observed.errors == []
    observed.close()


def test_equal_reports_give_equal_pages() -> None:
    assert render(fake_report.report()) == render(fake_report.report())
