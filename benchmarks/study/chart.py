"""Charts as SVG: points with error bars, by group, beside a band that is the goal."""

import dataclasses
from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT = 860, 250  # of a panel
_LEFT, _TOP, _RIGHT, _BOTTOM = 60, 34, 16, 62
_COLOURS = ("#4269d0", "#ff725c", "#3ca951", "#a463f2")


@dataclasses.dataclass(frozen=True)
class Point:
    """One share.

    Attributes:
        group: Index of its group.
        value: Share itself.
        error: Standard error of the share, from the number of replications.
    """

    group: int
    value: float
    error: float


@dataclasses.dataclass(frozen=True)
class Panel:
    """One chart.

    Attributes:
        title: Title above the chart.
        groups: Labels along the horizontal axis.
        series: Points by name.
        low: Lower end of the vertical axis.
        high: Upper end of the vertical axis.
        goal: Band that is shaded.
    """

    title: str
    groups: Sequence[str]
    series: Sequence[tuple[str, Sequence[Point]]]
    low: float
    high: float
    goal: tuple[float, float] | None = None


def svg(panels: Sequence[Panel]) -> str:
    """Draws panels below each other, as one SVG document."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT * len(panels)}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate(0 {number * _HEIGHT})">')
        parts += _panel(panel)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel) -> list[str]:
    across = (_WIDTH - _LEFT - _RIGHT) / len(panel.groups)
    tall = _HEIGHT - _TOP - _BOTTOM

    def y(value: float) -> float:
        inside = min(max(value, panel.low), panel.high)
        return _TOP + tall * (panel.high - inside) / (panel.high - panel.low)

    parts = [f'<text x="{_LEFT}" y="16" font-weight="bold">{escape(panel.title)}</text>']
    if panel.goal:
        top, bottom = y(panel.goal[1]), y(panel.goal[0])
        parts.append(
            f'<rect x="{_LEFT}" y="{top:.1f}" width="{_WIDTH - _LEFT - _RIGHT}" '
            f'height="{bottom - top:.1f}" fill="#e8f0e0"/>'
        )
    for tick in range(6):
        value = panel.low + (panel.high - panel.low) * tick / 5
        parts.append(
            f'<path d="M{_LEFT} {y(value):.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>'
        )
    for group, label in enumerate(panel.groups):
        x = _LEFT + across * (group + 0.5)
        for line, text in enumerate(label.split("\n")):
            at = _HEIGHT - _BOTTOM + 16 + 13 * line
            parts.append(
                f'<text x="{x:.1f}" y="{at}" text-anchor="middle" font-size="10">'
                f"{escape(text)}</text>"
            )
    for number, (name, points) in enumerate(panel.series):
        colour = _COLOURS[number % len(_COLOURS)]
        key = _WIDTH - _RIGHT - 110 * (len(panel.series) - number)
        parts.append(
            f'<circle cx="{key}" cy="12" r="4" fill="{colour}"/>'
            f'<text x="{key + 8}" y="16">{escape(name)}</text>'
        )
        shift = across * 0.6 * ((number + 0.5) / len(panel.series) - 0.5)
        for point in points:
            x = _LEFT + across * (point.group + 0.5) + shift
            upper, lower = y(point.value + 2 * point.error), y(point.value - 2 * point.error)
            parts.append(
                f'<path d="M{x:.1f} {upper:.1f}V{lower:.1f}" stroke="{colour}"/>'
                f'<circle cx="{x:.1f}" cy="{y(point.value):.1f}" r="3" fill="{colour}"/>'
            )
    return parts
