from pathlib import Path

import pytest

from checkpoint_sweep.common.error_messages import find_user_error
from checkpoint_sweep.common.errors import UserError
from pipeline.reporting import error_messages

LOG = Path("/root/logs/now.log")
# What Beam raises for an error in one of its workers.
WORKER = """Traceback (most recent call last):
  File "apache_beam/runners/common.py", line 1501, in process
ValueError: noon is no number

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "x.py", line 7, in f
    raise ValueError("no")
ValueError: noon is no number [while running 'Parse']
"""


class _RefusalError(UserError):
    pass


def _caught(cause: Exception | None, during: Exception | None) -> RuntimeError:
    """An error with a cause, or raised while another was handled."""
    try:
        try:
            if during:
                raise during
        except Exception:
            raise RuntimeError("outer")  # noqa: B904
        raise RuntimeError("outer") from cause
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("cause", "during"),
    [(_RefusalError("do this"), None), (None, _RefusalError("do this"))],
    ids=["cause", "context"],
)
def test_a_user_error_is_found_below_others(
    cause: Exception | None, during: Exception | None
) -> None:
    assert str(find_user_error(_caught(_caught(cause, during), None))) == "do this"


def test_other_errors_are_no_user_errors() -> None:
    assert find_user_error(_caught(ValueError("x"), None)) is None


def test_errors_that_cause_each_other_are_looked_at_once() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert find_user_error(first) is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("first\nsecond"), "ValueError: first"),
        (ValueError("\n\nfirst."), "ValueError: first"),
        (KeyError("x"), "KeyError: 'x'"),
        (AssertionError(), "AssertionError"),
        (SystemExit(2), "SystemExit: 2"),
        (RuntimeError(WORKER), "ValueError: noon is no number"),
        (WORKER, "ValueError: noon is no number"),
    ],
)
def test_an_unforeseen_error_is_one_line_and_names_the_log(
    error: BaseException | str, said: str
) -> None:
    assert error_messages.unforeseen("Transform", error, LOG) == (
        f"Transform failed: {said}. The whole error is in {LOG}."
    )


def test_a_long_error_is_cut() -> None:
    sentence = error_messages.unforeseen("A", RuntimeError("x" * 1000), LOG)
    said = sentence.removeprefix("A failed: ").removesuffix(f". The whole error is in {LOG}.")
    assert len(said) == 300
    assert said.endswith("x…")


def test_an_empty_error_before_the_first_node_is_a_sentence_too() -> None:
    assert error_messages.unforeseen("", "", LOG) == (
        f"The run failed before its first node. The whole error is in {LOG}."
    )


def test_anomalous_data_are_listed_by_feature() -> None:
    sentence = error_messages.anomalous_data(
        "Transform", ["a (train): odd"], Path("/data"), Path("/schema.pbtxt")
    )
    assert sentence == (
        "Transform failed, and the data do not match the schema /schema.pbtxt:\n"
        "  a (train): odd\nCorrect the data in /data, or the schema."
    )
