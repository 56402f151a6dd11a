"""A selection as a component parameter."""

import dataclasses
import json
from pathlib import Path

import pytest

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.policies import BestValue, EarliestWithin, SelectionError
from checkpoint_sweep.selection.selection import Selection


@pytest.mark.parametrize(
    "selection",
    [
        Selection("auc"),
        Selection("loss", {"hour": 3, "city": "Rome"}, Direction.LOWER_IS_BETTER),
        Selection("precision", output_name="head", sub_key="classId:3"),
        Selection("auc", weighted=False),
        Selection("auc", policy=EarliestWithin(0.01)),
    ],
)
def test_a_selection_survives_as_a_parameter(selection: Selection) -> None:
    assert Selection.from_json(selection.to_json()) == selection


def _called(*_: object) -> None:
    Path("called").touch()


@dataclasses.dataclass
class NotFrozen:
    """Would be called by its `__post_init__`."""

    __post_init__ = _called
    choose = _called


class Choosing(BestValue):
    """No dataclass of its own."""

    __init__ = _called


def make_policy() -> BestValue:
    """Gives a policy, and is none."""
    _called()
    return BestValue()


def test_equal_selections_are_equal_parameters() -> None:
    first, second = Selection("a", {"x": 1, "y": 2}), Selection("a", {"y": 2, "x": 1})
    assert first.to_json() == second.to_json()


@pytest.mark.parametrize("text", ["", "auc", json.dumps({"metrik": "auc"}), "[]", "null"])
def test_a_text_that_is_no_selection_is_refused(text: str) -> None:
    with pytest.raises(SelectionError, match="Not a selection"):
        Selection.from_json(text)


def test_a_parameter_without_a_policy_has_the_default() -> None:
    assert Selection.from_json('{"metric": "auc"}') == Selection("auc")


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"class": "nowhere.Policy"}, "No module named 'nowhere'"),
        ({"class": "checkpoint_sweep.selection.policies.Best"}, "has no attribute 'Best'"),
        ({"class": "checkpoint_sweep.selection.policies.BestValue", "k": 1}, "argument 'k'"),
        ({"class": "os.system", "command": "touch called"}, "not a dataclass"),
        ({"class": "pathlib.Path.touch", "self": "called"}, "pathlib"),
        ({"class": "subprocess.Popen", "args": "touch called", "shell": True}, "not a dataclass"),
        ({"class": f"{__name__}.NotFrozen"}, "not frozen"),
        ({"class": f"{__name__}.Choosing"}, "not a dataclass"),
        ({"class": f"{__name__}.make_policy"}, "not a dataclass"),
        ({"class": "checkpoint_sweep.selection.policies.Choice", "name": "x"}, "no method choose"),
        ({}, "Empty module name"),
    ],
)
def test_a_policy_that_cannot_be_made_is_refused(
    policy: dict, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SelectionError, match=message):
        Selection.from_json(json.dumps({"metric": "auc", "policy": policy}))
    assert not list(tmp_path.iterdir())


def test_a_policy_must_be_a_dataclass() -> None:
    class Plain:
        def choose(self, eligible: object, direction: object) -> None: ...

    with pytest.raises(SelectionError, match="must be a dataclass"):
        dataclasses.replace(Selection("auc"), policy=Plain()).to_json()


def test_a_policy_whose_module_ends_the_process_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ending_policy.py").write_text("import sys\nsys.exit(0)\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SelectionError, match=r"cannot be made with .*: its module calls sys\.exit"):
        Selection.from_json(
            json.dumps({"metric": "auc", "policy": {"class": "ending_policy.Last"}})
        )
