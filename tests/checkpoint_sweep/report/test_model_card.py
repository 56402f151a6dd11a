import dataclasses
import math
import re

import pytest

from checkpoint_sweep.report.model_card import MOST_COLUMNS, MOST_ROWS, Card, Measured, model_card

CARD = Card(
    blessed=True,
    reason="It passed every threshold: auc 0.9 ± 0.1.",
    origin="The checkpoint of step 300.",
    choice="Chosen by the sweep: step 300, best value among passing checkpoints.",
    splits=["test"],
    examples=1234,
    label="big_tipper",
    baseline=False,
    measured=[
        Measured("auc", "", 0.91234, 1234, 0.0123, "a few examples dominate its value"),
        Measured("recall", "", math.nan, 1234),
        Measured("auc", "pay=Cash", 0.8, 1000),
        Measured("auc", "pay=Card", math.nan, 7),
    ],
    thresholds=["auc at least 0.85 on all examples"],
    missed=[],
    level=0.95,
    versions=[("tensorflow", "2")],
)


def _section(card: Card, name: str) -> str:
    found = re.search(
        rf"^## {name}\n\n(.*?)(?=^## |\Z)", model_card(card), re.MULTILINE | re.DOTALL
    )
    assert found, model_card(card)
    return found[1]


def test_a_card_has_metrics_with_intervals_slices_and_thresholds() -> None:
    assert model_card(CARD).splitlines()[2].startswith("**BLESSED**: It passed every threshold")
    assert "The checkpoint of step 300." in _section(CARD, "The model")
    assert "the split test, 1,234 examples" in _section(CARD, "The data")
    assert _section(CARD, "Metrics on all examples").splitlines()[:4] == [
        "| metric | value |",
        "| --- | --- |",
        "| auc | 0.912 ± 0.012 |",
        "| recall | no value |",
    ]
    assert _section(CARD, "Metrics by slice").splitlines()[:4] == [
        "| slice | examples | auc |",
        "| --- | --- | --- |",
        "| pay=Cash | 1,000 | 0.8 |",
        "| pay=Card | 7 | no value |",
    ]
    assert _section(CARD, "Thresholds").strip() == "- auc at least 0.85 on all examples"


def test_limits_are_derived_from_the_numbers() -> None:
    limits = _section(CARD, "Limits")
    assert "A few examples dominate its value." in limits
    assert "1 slices have fewer than 100 examples: pay=Card." in limits
    assert "on 1 slices: pay=Card." in limits


def test_changes_against_a_baseline_have_a_column() -> None:
    row = Measured("auc", "", 0.9, 10, 0.01, change=-0.02, change_half_width=0.005)
    card = dataclasses.replace(CARD, baseline=True, measured=[row])
    assert "| auc | 0.900 ± 0.010 | -0.0200 ± 0.0050 |" in model_card(card)


def test_missed_thresholds_are_named() -> None:
    card = dataclasses.replace(
        CARD, blessed=False, reason="no", missed=["auc = 0.1"], thresholds=[]
    )
    assert "**NOT BLESSED**: no" in model_card(card)
    assert "Missed:\n\n- auc = 0.1" in model_card(card)
    assert "nothing was demanded" in model_card(card)


def test_many_slices_are_cut_and_counted() -> None:
    many = [Measured("auc", f"x={i}", 0.5, 200) for i in range(MOST_ROWS + 7)]
    section = _section(dataclasses.replace(CARD, measured=many), "Metrics by slice")
    assert section.count("| x=") == MOST_ROWS
    assert "The results of the evaluation have 7 more slices." in section


def test_metrics_with_intervals_are_the_first_of_many_columns() -> None:
    names = [f"m{i}" for i in range(MOST_COLUMNS + 1)]
    rows = [Measured(name, "x=1", 0.5, 200) for name in names]
    rows.append(Measured("auc", "x=1", 0.5, 200, 0.1, change=0.25, change_half_width=0.1))
    card = dataclasses.replace(CARD, measured=rows, baseline=True)
    section = _section(card, "Metrics by slice")
    assert section.startswith("| slice | examples | auc | m0 | m1 ")
    assert "| x=1 | 200 | 0.50 ± 0.10 (change 0.25 ± 0.10) | 0.5 |" in section
    assert "have 2 more metrics." in section


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("</td><script>alert(1)</script>", "&lt;/td&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a|b", "a\\|b"),
        ("a\n## b", "a \\#\\# b"),
        ("[x](y)", "\\[x\\](y)"),
        ("&lt;", "&amp;lt;"),
        ("a_b _c_", "a_b \\_c\\_"),
    ],
)
def test_values_from_the_data_are_escaped(value: str, shown: str) -> None:
    card = dataclasses.replace(CARD, measured=[Measured("auc", f"x={value}", 0.5, 200)])
    assert f"| x={shown} | 200 | 0.5 |" in model_card(card)
