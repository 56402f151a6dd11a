"""A terminal that shows text as text."""

import io

from rich.table import Table

from checkpoint_sweep.common.console import Screen


def test_names_cannot_steer_the_terminal_and_styles_stay() -> None:
    file = io.StringIO()
    screen = Screen(file=file, force_terminal=True, color_system="standard", width=60)
    table = Table("slice\x1b[2J", box=None)
    table.add_row("Cash\x1b]0;title\x07")
    screen.print(table)
    screen.print("[green]BLESSED[/]: \u202ex")
    text = file.getvalue()
    assert "slice\\x1b[2J" in text
    assert "Cash\\x1b]0;title\\x07" in text
    assert "\\u202ex" in text
    assert "\x1b[32mBLESSED\x1b[0m" in text
    assert text.count("\x1b]") == 0
