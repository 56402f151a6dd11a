"""Messages speak to the interface that the user is in."""

import ast
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import checkpoint_sweep
from checkpoint_sweep.common.errors import SweepError, UserError, speaking
from checkpoint_sweep.common.wording import Interface, Words
from checkpoint_sweep.evaluation.request import check_amounts
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.model_run.checkpoints import StepRange, find_checkpoints
from checkpoint_sweep.saved_model.saved_model import SavedModelError
from checkpoint_sweep.selection.patience import check_patience
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.sweeping.watch import Until

_PACKAGE = Path(checkpoint_sweep.__file__).parent
# What only authors of TFX pipelines, or callers of the library, write.
_OF_ANOTHER = ("fn_args.", "in Python", "StepRange(", "Direction.", 'engine="')
_MESSAGE = "There is no SavedModel. ", Words("Pass model.", "Add --model.", "Connect model.")


@pytest.mark.parametrize(
    ("interface", "said"),
    [
        (Interface.PYTHON, "Pass model."),
        (Interface.COMMAND_LINE, "Add --model."),
        (Interface.TFX, "Connect model."),
    ],
)
@pytest.mark.parametrize("kind", [UserError, SavedModelError])
def test_an_error_speaks_to_each_interface(
    kind: type[SweepError], interface: Interface, said: str
) -> None:
    assert kind(*_MESSAGE).told_in(interface) == f"There is no SavedModel. {said}"


def test_the_text_of_an_error_has_the_words_of_python_also_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(SavedModelError(*_MESSAGE)))
    assert str(error) == "There is no SavedModel. Pass model."
    assert error.told_in(Interface.COMMAND_LINE) == "There is no SavedModel. Add --model."


def test_an_error_leaves_an_interface_in_its_words() -> None:
    with pytest.raises(SavedModelError) as caught, speaking(Interface.TFX):
        raise SavedModelError(*_MESSAGE)
    assert str(caught.value) == "There is no SavedModel. Connect model."


@pytest.mark.parametrize(
    ("fail", "option"),
    [
        (lambda _: StepRange(stride=0), "--stride"),
        (lambda _: StepRange(5, 4), "--first-step 5 > --last-step 4"),
        (lambda _: check_amounts(0, None), "--batch-size is 0; it must be at least 1."),
        (lambda _: check_amounts(None, 0), "--memory-budget"),
        (lambda _: check_patience(0), "--patience"),
        (lambda _: Selection("auc", level=2), "--level"),
        (lambda _: Averages((1,)), "--average-last"),
        (lambda _: Until(seconds=-1), "--seconds"),
        (lambda folder: find_checkpoints(str(folder), "("), "--step-from"),
    ],
)
def test_the_command_line_names_its_options(
    fail: Callable[[Path], object], option: str, tmp_path: Path
) -> None:
    (tmp_path / "a-1.index").touch()
    with pytest.raises(UserError) as caught:
        fail(tmp_path)
    assert option in caught.value.told_in(Interface.COMMAND_LINE)
    assert "--" not in str(caught.value)


def _said_to_all(tree: ast.AST) -> Iterator[str]:
    """Finds texts, but docstrings, and what `Words` says to one interface."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Words":
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        yield from _said_to_all(node)


@pytest.mark.parametrize(
    "package", ["common", "evaluation", "model_run", "saved_model", "selection", "sweeping"]
)
def test_what_all_interfaces_say_has_no_word_of_one(package: str) -> None:
    files = sorted((_PACKAGE / package).rglob("*.py"))
    said = {text for file in files for text in _said_to_all(ast.parse(file.read_text()))}
    assert [text for text in said if any(word in text for word in _OF_ANOTHER)] == []
