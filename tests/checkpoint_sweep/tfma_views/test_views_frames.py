"""Pages and frames around the components: themes, heights, what cannot be drawn, and sorting."""

from collections.abc import Callable

import pytest

from checkpoint_sweep.tfma_views import (
    TfmaResults,
    plots,
    time_series,
)
from tests.checkpoint_sweep.tfma_views.browser import Browser, Observed

pytestmark = pytest.mark.slow

Show = Callable[..., Observed]


def test_a_page_follows_the_dark_theme(results: TfmaResults, show: Show) -> None:
    page = show(plots(results, 900), color_scheme="dark").page

    assert "invert" in page.evaluate("getComputedStyle(document.documentElement).filter")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_frame_follows_the_notebooks_theme(
    results: TfmaResults, browser: Browser, tmp_path, theme: str
) -> None:
    notebook = tmp_path / "notebook.html"
    is_light = "true" if theme == "light" else "false"
    fragment = time_series(results, ["auc"])._repr_html_()
    notebook.write_text(f'<body data-jp-theme-light="{is_light}">{fragment}</body>')

    observed = browser.open(notebook)
    frame = observed.page.frame_locator("iframe")
    frame.locator("tfma-metrics-table tbody tr").first.wait_for()
    observed.screenshot(f"frame-{theme}")

    style = observed.page.locator("iframe").evaluate("frame => getComputedStyle(frame).filter")
    assert ("invert" in style) == (theme == "dark")
    assert observed.errors == []
    assert observed.requests == []
    observed.close()


def test_a_frame_is_as_high_as_its_content(
    results: TfmaResults, browser: Browser, tmp_path
) -> None:
    notebook = tmp_path / "notebook.html"
    notebook.write_text(plots(results, 900)._repr_html_())

    page = browser.open(notebook).page
    page.frame_locator("iframe").locator("tfma-calibration-plot circle").first.wait_for()
    content = page.frames[1].evaluate("document.documentElement.getBoundingClientRect().height")
    page.wait_for_function(
        """content => {
          const frame = document.querySelector('iframe').getBoundingClientRect();
          return Math.abs(frame.height - content) <= 1.5;
        }""",
        arg=content,
    )


def test_a_chart_that_cannot_be_drawn_says_so(results: TfmaResults, show: Show) -> None:
    page = show(time_series(results)).page

    text = page.evaluate(
        """() => {
          const {ChartWrapper, arrayToDataTable} = google.visualization;
          const container = document.body.appendChild(document.createElement('div'));
          const wrapper = new ChartWrapper({container});
          wrapper.setChartType('GeoChart');
          wrapper.setDataTable(arrayToDataTable([['a', 'b'], ['x', 1]]));
          wrapper.draw();
          return container.innerText;
        }"""
    )
    assert "GeoChart (1 rows)" in text


def test_an_error_in_a_component_is_written_on_the_page(results: TfmaResults, show: Show) -> None:
    observed = show(time_series(results))

    observed.page.evaluate("setTimeout(() => { throw new Error('made up'); })")
    observed.page.locator(".problem").wait_for()
    assert "made up" in observed.page.locator(".problem").inner_text()
    assert len(observed.errors) == 1
    observed.errors.clear()


@pytest.mark.parametrize(
    ("values", "descending", "expected"),
    [
        pytest.param([3, 1, 2], False, [1, 2, 0], id="numbers"),
        pytest.param([3, 1, 2], True, [0, 2, 1], id="numbers, descending"),
        pytest.param([3, "NaN", 1], False, [2, 0, 1], id="NaN comes last"),
        pytest.param([3, "NaN", 1], True, [0, 2, 1], id="NaN comes last, descending"),
        pytest.param([None, 2, 1], True, [1, 2, 0], id="nothing comes last, descending"),
        pytest.param(["b", "a", "b"], True, [0, 2, 1], id="texts; equals keep their order"),
    ],
)
def test_a_data_table_sorts_numbers_nan_and_text(
    browser: Browser,
    results: TfmaResults,
    show: Show,
    values: list,
    descending: bool,
    expected: list[int],
) -> None:
    page = show(time_series(results)).page

    order = page.evaluate(
        """([values, desc]) => google.visualization
          .arrayToDataTable([['column'], ...values.map(value => [value])])
          .getSortedRows([{column: 0, desc}])""",
        [values, descending],
    )
    assert order == expected
