"""What was measured, as Markdown."""

import pytest

from benchmarks.common.page import put
from benchmarks.engine import markdown, plan
from benchmarks.engine.cases import ENGINE, TFMA_NEWEST_STACK, Case
from benchmarks.engine.figures import figures
from benchmarks.engine.ratios import Ratio, ratios
from tests.benchmarks.engine.measurements import measurement

PLAN = plan.full()
MEASURED = {
    case: [measurement(case.examples / 1000 + number) for number in range(count)]
    for case, count in PLAN.repeats.items()
}
FOUND = figures(PLAN, MEASURED)


def cells(table: str, first: str) -> list[str]:
    """The cells of the line of a table that starts with a cell."""
    (line,) = [line for line in table.splitlines() if line.startswith(f"| {first} |")]
    return line.strip("| ").split(" | ")[1:]


@pytest.mark.parametrize(
    ("value", "limit", "met", "scaled", "missing", "shown"),
    [
        pytest.param(
            *(2.0, 1.25, False, False, None), ["**2**", "≤ 1.25", "**missed**"], id="missed"
        ),
        pytest.param(
            *(0.005, 0.01, True, True, None),
            ["0.005 (1/200)", "≤ 0.01 (1/100)", "met; against a scaled figure"],
            id="met by a scaled figure",
        ),
        pytest.param(1.5, None, None, False, None, ["1.5", "", "no target"], id="no target"),
        pytest.param(
            *(None, 1.0, None, False, "needs x"), ["–", "≤ 1", "unknown: needs x"], id="no value"
        ),
    ],
)
def test_a_ratio_is_shown_with_its_target_and_whether_it_meets_it(
    value, limit, met, scaled, missing, shown
):
    table = markdown.targets([Ratio("a", "", value, limit, met, scaled, missing)])
    assert cells(table, "`a`") == shown


def test_scaled_figures_are_marked_and_measured_ones_are_not():
    table = markdown.wholes(PLAN.sizes, FOUND)
    assert cells(table, "this engine")[0] == "3.00 (2.00-4.00)"
    assert cells(table, "stock TFMA, all models in one run")[0] == "2.00"
    assert cells(table, "stock TFMA, a run per checkpoint")[2] == f"~{5 * 16.002:,.0f}"


def test_a_section_has_everything_and_stands_between_its_marks():
    text = markdown.markdown(PLAN, FOUND, ratios(PLAN, FOUND), "On some machine.")
    assert text.startswith("On some machine.")
    assert "The newest TFMA is TFMA 1, TensorFlow 2" in text
    assert text.count("line through") == 4
    page = put(
        "before\n<!-- engine: begin -->\nformerly\n<!-- engine: end -->\nafter", "engine", text
    )
    assert page.startswith("before")
    assert page.endswith("after")
    assert "formerly" not in page
    assert text in page


def test_a_part_of_the_benchmark_has_the_lines_of_that_part():
    only = PLAN.only([ENGINE, TFMA_NEWEST_STACK])
    found = figures(only, {case: MEASURED[case] for case in only.repeats})
    assert Case(ENGINE, 15_002, 20) in found
    text = markdown.markdown(only, found, ratios(only, found), "")
    assert "| bare fused `session.run` |" not in text
    assert "unknown: needs" in text
