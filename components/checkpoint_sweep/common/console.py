"""A terminal that shows text as text, whatever is in it."""

from typing import Any

from rich.console import Console
from rich.text import Text

from checkpoint_sweep.common.text import printable_lines


class Screen(Console):
    """A console on which names and values cannot move the cursor, set titles or hide text."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Renders as the base class does; control characters are shown as escapes."""
        return super().render_str(printable_lines(text), **options)
