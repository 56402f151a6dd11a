"""Formulas of metrics: numbers, names, + - * / and parentheses; never code.

What shows or reads a selection need not wait for NumPy, which only computing takes.
"""

import ast
import dataclasses
import functools
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checkpoint_sweep.selection.replicates import Array

_LONGEST = 500  # Characters: the parser recurses.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIGNS = re.compile(r"[\s+*()'\"]")
_OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
GRAMMAR = (
    "A formula has numbers, names of metrics, + - * / and parentheses; a name with other "
    "characters than letters, digits and _ is quoted: 'price/mean_absolute_error'."
)


@dataclasses.dataclass(frozen=True)
class Formula:
    """A formula of metrics.

    >>> formula = parse("0.7 * auc + 0.3 * 'head/recall'")
    >>> formula.names
    ('auc', 'head/recall')
    >>> round(float(formula.of({"auc": 0.9, "head/recall": 0.5})), 2)
    0.78

    Attributes:
        text: Formula as it was written.
        names: Names of its metrics, each once, in their order.
    """

    text: str
    names: tuple[str, ...]

    @classmethod
    def of_metric(cls, name: str) -> "Formula":
        """Makes the formula that is the value of one metric."""
        return cls(quoted(name), (name,))

    @property
    def is_one_metric(self) -> bool:
        """Whether it is the value of one metric."""
        return self.text == quoted(self.names[0])

    def of(self, values: "Mapping[str, Array | float]") -> "Array":
        """Computes it elementwise; what is divided by 0 is infinite or NaN.

        Args:
            values: Values of each metric by its name, all of one shape.
        """
        import numpy as np

        with np.errstate(all="ignore"):
            return np.asarray(_value(_tree(self.text), values), np.float64)

    def renamed(self, names: Mapping[str, str]) -> "Formula":
        """Replaces names of metrics by others, which are quoted where they need it.

        Args:
            names: New names by those of the formula; what is not there stays.
        """
        text = self.text
        for node in sorted(_name_nodes(_tree(text)), key=lambda n: -n.col_offset):
            raw, end = text.encode(), node.end_col_offset  # The parser counts bytes.
            new = quoted(names.get(_name(node), _name(node)))
            text = (raw[: node.col_offset] + new.encode() + raw[end:]).decode()
        return Formula(text, tuple(names.get(name, name) for name in self.names))


def parse(text: str) -> Formula | None:
    """Reads a formula; None if the text is none, as the name of one metric is.

    >>> parse("head/auc") is None, parse("auc - 'head/auc'").names
    (True, ('auc', 'head/auc'))
    """
    text = text.strip()
    if not _SIGNS.search(text):
        return None
    tree = _tree(text)
    if not isinstance(tree, ast.BinOp | ast.UnaryOp):
        return None
    names = tuple(dict.fromkeys(map(_name, _name_nodes(tree))))
    return Formula(text, names) if names else None


def looks_like_a_formula(text: str) -> bool:
    """Returns whether a text, which is no formula, may have been meant as one."""
    return bool(re.search(r"[+*()]|\s[-/]\s", text))


def quoted(name: str) -> str:
    """Returns a name as formulas have it."""
    return name if _PLAIN.fullmatch(name) else repr(name)


@functools.lru_cache(1000)
def _tree(text: str) -> ast.expr | None:
    """Parses a formula; None if it is none."""
    if len(text) > _LONGEST or "\n" in text or "#" in text:  # No comments.
        return None
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if _is_allowed(tree) else None


def _is_allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        known = type(node.op) in _OPERATORS
        return known and _is_allowed(node.left) and _is_allowed(node.right)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.UAdd | ast.USub) and _is_allowed(node.operand)
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return bool(node.value)
        return isinstance(node.value, int | float) and _is_number(node.value)
    return isinstance(node, ast.Name)


def _is_number(value: float) -> bool:
    try:
        return not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # A whole number that no float can be.
        return False


def _name_nodes(node: ast.AST | None) -> Iterator[Any]:
    if isinstance(node, ast.BinOp):
        yield from _name_nodes(node.left)
        yield from _name_nodes(node.right)
    elif isinstance(node, ast.UnaryOp):
        yield from _name_nodes(node.operand)
    elif isinstance(node, ast.Name) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    ):
        yield node


def _name(node: Any) -> str:
    return str(node.id if isinstance(node, ast.Name) else node.value)


def _value(node: Any, values: "Mapping[str, Array | float]") -> Any:
    import numpy as np

    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.UnaryOp):
        operand = _value(node.operand, values)
        return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return np.float64(node.value)
    return np.asarray(values[_name(node)], np.float64)
