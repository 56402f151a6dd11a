"""Formulas have numbers, names, + - * / and parentheses; all else is the name of a metric."""

import numpy as np
import pytest

from checkpoint_sweep.selection import formula as formulas


@pytest.mark.parametrize(
    ("text", "names", "value"),
    [
        ("0.7 * auc + 0.3 * recall", ("auc", "recall"), 0.7 * 0.9 + 0.3 * 0.5),
        (" auc - 2*(recall - auc) / 4 ", ("auc", "recall"), 0.9 - 2 * (0.5 - 0.9) / 4),
        ("-auc * 'price/error'", ("auc", "price/error"), -0.9 * 3),
        ("auc / (recall - recall)", ("auc", "recall"), np.inf),
        ("+auc + 1e2", ("auc",), 100.9),
        ('"é x" * 2', ("é x",), 8.0),
    ],
)
def test_a_formula_is_computed_elementwise(text: str, names: tuple[str, ...], value: float) -> None:
    values = {"auc": 0.9, "recall": 0.5, "price/error": 3.0, "é x": 4.0}
    formula = formulas.parse(text)
    assert formula is not None
    assert formula.names == names
    computed = formula.of({name: np.full(2, number) for name, number in values.items()})
    assert computed.tolist() == pytest.approx([value, value])


@pytest.mark.parametrize(
    "text",
    [
        "auc", "price/error", "recall/topK:3", "auc/macro", "my-metric", "(auc)", "'auc'", "1 + 2",
        "auc ** 2", "auc @ b", "f(auc)", "__import__('os') + a", "a.b + c", "a[0] + c",
        "a if b else c",
        "a + lambda: 0", "a + True", "a + 1j", "a + 1e999", f"a + {'9' * 400}", "a + b''", "a\n+ b",
        "f'{a}' + b", "a +", "a b", "a + ''", "a + b # c", "a + " + "b" * 500,
    ],
)  # fmt: skip
def test_what_is_no_formula_is_the_name_of_a_metric(text: str) -> None:
    assert formulas.parse(text) is None


def test_names_are_replaced_and_quoted_where_they_need_it() -> None:
    formula = formulas.parse("é * mae + 'a b' * mae")
    assert formula is not None
    renamed = formula.renamed({"mae": "price/mae", "é": "q"})
    assert renamed.text == "q * 'price/mae' + 'a b' * 'price/mae'"
    assert formulas.parse(renamed.text) == renamed
