"""Text that is shown on a terminal."""

import pytest

from checkpoint_sweep.common.text import printable, printable_lines


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Zürich ✓ 東京", "Zürich ✓ 東京"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J", "\\x9b2J"),
        ("a\rb\tc\x08", "a\\rb\\tc\\x08"),
        ("\x7f", "\\x7f"),
        ("\u202eevil\u2069", "\\u202eevil\\u2069"),
        ("a\udcff", "a\\udcff"),
        ("a\nb", "a\\nb"),
    ],
    ids=ascii,
)
def test_what_a_terminal_would_obey_becomes_an_escape(given: str, shown: str) -> None:
    assert printable(given) == shown
    assert printable(shown) == shown


def test_line_breaks_of_several_lines_stay() -> None:
    assert printable_lines("a\x07\nb\r\n") == "a\\x07\nb\\r\n"
