"""Slices over which a choice is made, by their options and as JSON."""

import pytest

from checkpoint_sweep.common.names import OVERALL, SliceName
from checkpoint_sweep.selection.across import Across, Combine, parse_across
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.selection import Selection

DE, FR = {"language": "de"}, {"language": "fr"}


@pytest.mark.parametrize(
    ("slices", "combine", "expected", "words"),
    [
        (["language"], "mean", Across(("language",)), "mean over every language"),
        (["day,hour"], "worst", Across(("day", "hour"), combine=Combine.WORST),
         "the worst day/hour"),
        (["language"], "mean:n/x", Across(("language",), weights="n/x"),
         "mean over every language by n/x"),
        (["language=de", "language=fr"], "mean:3,1", Across(slices=(DE, FR), weights=(3, 1)),
         "mean over language=de, language=fr by the weights 3, 1"),
        (["language=de,hour=9"], "worst",
         Across(slices=({**DE, "hour": "9"},), combine=Combine.WORST),
         "the worst of hour=9, language=de"),
    ],
)  # fmt: skip
def test_options_name_slices_and_what_their_values_come_to(
    slices: list[str], combine: str, expected: Across, words: str
) -> None:
    found = parse_across(slices, combine)
    assert (found, str(found)) == (expected, words)
    selection = Selection("a - b", direction=Direction.LOWER_IS_BETTER, across=found)
    assert Selection.from_json(selection.to_json()) == selection
    assert str(selection) == f"a - b, {words}"


@pytest.mark.parametrize(
    ("slices", "combine", "message"),
    [
        (["a"], "median", "Unknown --combine=median"),
        (["a"], "worst:n", "the worst slice has no weight"),
        (["a"], "mean:1,2", "has the weights 1, 2 for 0 named slices"),
        (["a=1", "a=2"], "mean:1", "has the weights 1 for 2 named slices"),
        (["a=1", "a=2"], "mean:1,-1", "Give each of these one above 0"),
        (["a=1", "a=1"], "mean", "names a slice twice"),
        (["a=1", "b"], "mean", "--across=b is no slice"),
        (["a="], "mean", "--across=a= is no slice"),
    ],
)
def test_options_that_do_not_fit_are_refused(slices: list[str], combine: str, message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        parse_across(slices, combine)


def test_slices_are_selected_by_their_features() -> None:
    known = [OVERALL, *(SliceName.of(p) for p in ([("a", 2)], [("a", 1)], [("a", 1), ("b", 1)]))]
    assert list(map(str, Across(("a",)).of(known))) == ["a=1", "a=2"]
    named = Across(slices=({"a": 1}, {}, {"c": 3}))
    assert list(map(str, named.of(known))) == ["a=1", "overall", "c=3"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"slice": DE, "across": Across(("language",))}, "names one slice and several"),
        ({"output_name": "head"}, "are named with their outputs"),
        ({"weighted": False}, "are named with their outputs"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(fields: dict, message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        Selection("a + b", **fields)


def test_neither_features_nor_slices_are_refused() -> None:
    with pytest.raises(SelectionError, match="takes either features"):
        Across()
