"""The bar of `sweep` and `watch`."""

import io
import re
import sys

import pytest
from absl import logging
from rich.console import Console

from checkpoint_sweep.cli import progress as shown_progress
from checkpoint_sweep.cli import screen
from checkpoint_sweep.common import progress


def _text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue())


@pytest.mark.parametrize("width", [80, 120])
def test_the_bar_shows_share_rate_and_time_left(width: int) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=width)
    with shown_progress.shown(console), progress.counting(lambda: [1000]):
        progress.expect(20)
        for _ in range(5):
            progress.done(100, 20)
    lines = _text(console).replace("\r", "\n").splitlines()
    assert any(re.search(r"evaluating .*10,000( of 20,000)? predictions", line) for line in lines)
    assert all(len(line) <= width for line in lines)


def test_log_messages_are_printed_above_the_bar() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    before = list(logging.get_absl_logger().handlers)
    with shown_progress.shown(console):
        logging.warning("shape [3, 4]")
    assert "shape [3, 4]" in _text(console)
    assert list(logging.get_absl_logger().handlers) == before


def test_without_a_terminal_there_is_no_bar() -> None:
    console = Console(file=io.StringIO())
    with shown_progress.shown(console):
        progress.expect(1)
    assert _text(console) == ""


def test_a_phase_without_predictions_is_named_in_place_of_their_number() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with shown_progress.shown(console):
        with progress.counting(lambda: [10]):
            progress.expect(2)
            progress.done(10, 2)
        progress.enter("writing the report")
    (last,) = set(re.findall("writing the report.*", _text(console).replace("\r", "\n")))
    assert "predictions" not in last


def test_a_warning_that_comes_again_is_printed_once_broken_at_spaces() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=40)
    with shown_progress.shown(console):
        for _ in range(3):
            logging.warning(
                "The first checkpoint has step 200, and /a/path/longer/than/40/characters"
            )
    lines = [line.strip() for line in _text(console).replace("\r", "\n").splitlines()]
    assert [line for line in lines if line] == [
        "The first checkpoint has step 200, and",
        "/a/path/longer/than/40/characters",
    ]


def test_what_is_printed_meanwhile_goes_to_a_file_that_stdout_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with shown_progress.shown(console):
        print("step 20: auc 0.7")
    assert capsys.readouterr().out == "step 20: auc 0.7\n"


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_what_a_command_answers_meanwhile_stands_above_the_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beneath = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", _Terminal(beneath, write_through=True))
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with shown_progress.shown(console):
        screen.answer("step 20: auc 0.7")
    assert "step 20: auc 0.7" in _text(console)
    assert beneath.getvalue() == b""
