"""What an error says to a user."""

from collections.abc import Callable

import pytest
import tensorflow as tf

from checkpoint_sweep.common.error_messages import find_refusal, remedy, telling_line
from checkpoint_sweep.common.errors import UserError


def _raised(call: Callable[[], object]) -> UnicodeError:
    with pytest.raises(UnicodeError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", "/out/x"), "The disk is full"),
        (OSError(27, "File too large"), "The disk is full"),
        (RuntimeError("database or disk is full query: COMMIT;"), "The disk is full"),
        (tf.errors.ResourceExhaustedError(None, None, "/x; No space left on device"), "is full"),
        (PermissionError(13, "Permission denied", "/run/model"), "/run/model may not be read"),
        (PermissionError(13, "Permission denied", "/a/12:30.log"), "/a/12:30.log may not be read"),
        (
            tf.errors.PermissionDeniedError(None, None, "/run/a.index; Permission denied"),
            "/run/a.index may not be read",
        ),
        (OSError(30, "Read-only file system", "/out/x"), "/out/x may not be read or written"),
        (
            tf.errors.UnimplementedError(
                None, None, "File system scheme 's3' not implemented (file: 's3://b/x')"
            ),
            "no file system for s3://b/x",
        ),
        (
            tf.errors.FailedPreconditionError(
                None,
                None,
                "Error executing an HTTP request: libcurl code 6 meaning 'Couldn't resolve host "
                "name', error details: Could not resolve host: x",
            ),
            "A remote file cannot be reached: 'Couldn't resolve host name'. Check its address",
        ),
        (_raised(lambda: "a\udcff".encode()), "is not UTF-8"),
        (_raised(lambda: b"ckpt-\xff".decode()), "ckpt-\\xff is not UTF-8"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_the_machine_refuses_is_a_sentence(error: Exception, words: str) -> None:
    assert words in (find_refusal(error) or "")
    wrapped = RuntimeError("The step failed")
    wrapped.__cause__ = error
    assert words in (find_refusal(wrapped) or "")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (PermissionError(13, "Permission denied", "/a"), "Ask for the permission to read it."),
        ("/a.index; Permission denied", "Ask for the permission to read it."),
        ("/a.index; checksum does not match", "Train again."),
    ],
    ids=["an error", "a reason", "another reason"],
)
def test_a_permission_is_asked_for_and_nothing_made_again(reason: object, said: str) -> None:
    assert remedy(reason, "Train again.") == said


def test_other_errors_and_those_that_say_the_reason_themselves_are_none() -> None:
    said = UserError("Nothing can be written to /out: Permission denied. Name another.")
    said.__cause__ = PermissionError(13, "Permission denied", "/out")
    assert find_refusal(said) is None
    assert find_refusal(KeyError("a")) is None


def test_the_step_of_a_pipeline_is_not_told() -> None:
    assert telling_line(ValueError("odd [while running 'A/B']")) == "ValueError: odd"
