"""Lists, and the messages of errors, as sentences have them."""

import re
import textwrap
from collections.abc import Iterable, Sequence

# Where TensorFlow says what an operation of a graph complains of, after a page about the graph.
_NODE = re.compile(r"^Node: '[^']*'\n(.+)$", re.MULTILINE)
_NOISE = re.compile(
    r"\{\{function_node [^}]*\}\} ?| \[Op:\w+\].*| \[while running '[^']*'\]"
    r"|^tensorflow\.python\.[\w.]+: |^Name: <unknown>, |  Label values: .*"
)

# Control characters, marks of direction, and halves of characters: what moves a terminal's cursor,
# sets its title, shows text in another order, or cannot be encoded.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


# Of names that a message lists: more are not read.
MOST_NAMED = 40
_LONGEST = 300


def some(items: Sequence[str], most: int, separator: str = ", ") -> str:
    """Joins the first `most` of the items, and says how many more there are.

    >>> some(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = separator.join(items[:most])
    left = len(items) - most
    if left <= 0:
        return shown
    return f"{shown}{' ' if separator.strip(' ') else separator}and {left} more"


def missed_thresholds(failures: Sequence[str]) -> str:
    """Says the first of the thresholds that were missed, and how many others were.

    >>> missed_thresholds(["auc 0.7 is below the threshold 0.8", "b", "c"])
    'auc 0.7 is below the threshold 0.8, and 2 more thresholds are missed'
    """
    left = len(failures) - 1
    if left < 1:
        return "".join(failures)
    more = "1 more threshold is" if left == 1 else f"{left} more thresholds are"
    return f"{failures[0]}, and {more} missed"


def listed(names: Iterable[str], otherwise: str = "none") -> str:
    """Joins names in their order, no more than are read; `otherwise` if there are none."""
    return some(sorted(names), MOST_NAMED) or otherwise


def first_line(error: object) -> str:
    """Shortens an error to what it says, without the data and nodes that libraries print with it.

    >>> first_line("{{function_node f}} corrupted record at 0 [Op:IteratorGetNext] name: ")
    'corrupted record at 0'
    """
    text = str(error).strip()
    if of_node := _NODE.search(text):
        text = of_node.group(1)
    text = _NOISE.sub("", text.partition("\n")[0]).strip().rstrip(".") or type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def printable(text: str) -> str:
    """Replaces what a terminal would obey, line breaks too, by escapes.

    Names and values come from data: a slice's value may set the terminal's title.

    >>> printable("Cash\\x1b]0;title\\x07")
    'Cash\\\\x1b]0;title\\\\x07'
    """
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def printable_lines(text: str) -> str:
    """Replaces what a terminal would obey, except line breaks, by escapes."""
    return "\n".join(map(printable, text.split("\n")))


def wrapped(text: str, width: int) -> str:
    """Breaks the lines of a text at spaces; paths and other long words stay whole.

    >>> wrapped("The table is in /data/tables/eval.csv.", 20)
    'The table is in\\n/data/tables/eval.csv.'
    """
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) or line
        for line in text.split("\n")
    )


def root_cause(error: BaseException) -> BaseException:
    """Finds the error that an error started with."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return error if cause is None else root_cause(cause)
