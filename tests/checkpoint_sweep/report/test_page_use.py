"""The page in the hands of a reader: keyboard, choices, windows, themes and paper."""

import pytest

from tests.checkpoint_sweep.report import fake_report
from tests.checkpoint_sweep.report.conftest import Open

pytestmark = pytest.mark.slow

# What an element shows in part only, or not on the paper.
_CUT = """[...document.querySelectorAll('main *')].filter((element) => {
          const box = element.getBoundingClientRect();
          const hidden = getComputedStyle(element).overflow !== 'visible'
            && (element.scrollHeight > element.clientHeight + 1
              || element.scrollWidth > element.clientWidth + 1);
          const drawing = element.closest('svg, select, output, .vega-embed details');
          return !drawing && (box.right > innerWidth + 1 || box.left < -1 || hidden);
        }).map((element) => element.outerHTML.slice(0, 90))"""


def test_the_table_sorts_and_filters_by_keyboard(open_report: Open) -> None:
    made = fake_report.report(nan=(3,))
    page = open_report(made).page

    page.locator("#verdict-table thead button").nth(2).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    values = page.locator("#verdict-table tbody tr").evaluate_all(
        "rows => rows.map(r => r.cells[2].dataset.value)"
    )
    numbers = [float(value) for value in values if value]
    assert numbers == sorted(numbers, reverse=True)
    assert values[-1] == ""
    assert page.locator("#verdict-table th[aria-sort=descending]").count() == 1

    page.select_option("#verdict-state", "not")
    assert page.locator("#verdict-table tbody tr:visible").count() == 1
    page.select_option("#verdict-state", "")
    page.fill("#verdict-text", "step 1900")
    assert page.locator("#verdict-table tbody tr:visible").count() == 1


def test_another_candidates_plots_can_be_chosen(open_report: Open) -> None:
    page = open_report(fake_report.report()).page

    before = page.locator("#plots .matrix").inner_text()
    page.select_option("#plot-candidate", "step-00000100")
    page.wait_for_function(f"document.querySelector('#plots .matrix').innerText !== {before!r}")
    assert "step 100" in page.locator("#plots figcaption").inner_text()
    page.locator("#plots input[type=range]").focus()
    page.keyboard.press("Home")
    assert page.locator("#plots output").inner_text() == "0"
    assert page.locator("#plots .matrix tbody td").all_inner_texts() == ["700", "0", "2,300", "0"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_windows_and_the_theme(open_report: Open, scheme: str) -> None:
    page = open_report(fake_report.report(baseline=True), color_scheme=scheme).page
    for width in (1200, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
    paper, text = page.evaluate(
        """() => {
          const label = document.querySelector('#step-chart svg text');
          const colours = [getComputedStyle(document.body).backgroundColor,
            getComputedStyle(label).fill];
          return colours.map((colour) => colour.match(/\\d+/g).slice(0, 3)
            .reduce((sum, part) => sum + Number(part), 0));
        }"""
    )
    assert (paper < text) == (scheme == "dark")
    assert abs(paper - text) > 380


def test_on_a_phone_each_verdict_is_in_view_in_one_line(open_report: Open) -> None:
    page = open_report(fake_report.report()).page
    page.set_viewport_size({"width": 390, "height": 800})
    ends, heights = page.locator("#verdict-table tbody tr:not(.chosen) .verdict").evaluate_all(
        """cells => [cells.map(cell => cell.getBoundingClientRect().right),
          cells.map(cell => cell.getClientRects()[0].height)]"""
    )
    assert max(ends) <= 390
    assert max(heights) < 2 * 20  # Two lines.


def test_in_print_nothing_is_cut_off_or_folded(open_report: Open) -> None:
    missed = {"eligible": False, "missed": [f"auc on {i}" for i in range(9)]}
    made = fake_report.with_verdicts(
        fake_report.report(checkpoints=60, slices=60, baseline=True),
        lambda candidate: missed if candidate.step <= 300 else {},
    )
    page = open_report(made).page

    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    chart = page.locator("#step-chart svg.marks")
    assert chart.get_attribute("width") == "680"  # Drawn anew: text keeps its size.
    assert page.locator("main input:visible").count() == 0
    assert (
        page.locator("#step-metric").evaluate("menu => getComputedStyle(menu).appearance") == "none"
    )
    page.set_viewport_size({"width": 688, "height": 1000})  # A4 at 96 dots an inch, less margins.
    # Charts take the width of the paper when the browser has told them of it.
    page.wait_for_function(f"() => {_CUT}.length === 0")
    assert page.locator("main details:not([open]):not(.vega-embed details)").count() == 0
    assert page.locator("#verdict-table tbody tr:visible").count() == 60
    assert page.locator("#verdict-table td li:visible").count() == 27
    assert page.pdf().startswith(b"%PDF")


def test_the_first_slices_of_many_are_drawn_and_all_on_request(open_report: Open) -> None:
    page = open_report(fake_report.report(checkpoints=3, slices=60)).page
    cells = page.locator("#heat-chart svg.marks .mark-rect").first.locator("path")

    assert cells.count() == 3 * 31
    page.select_option("#heat-feature", "by:payment_type")
    page.wait_for_function("document.querySelector('#heat-chart .mark-rect').children.length === 6")
    page.select_option("#heat-feature", "all")
    page.wait_for_function(
        "document.querySelector('#heat-chart .mark-rect').children.length === 183"
    )
