"""Secrets stay out of logs, whatever says them."""

import logging
import os
import stat
from pathlib import Path

import pytest

from checkpoint_sweep.common.run_log import RunLog
from checkpoint_sweep.common.secrets import masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--s3_secret_access_key=hidden --x=1", "--s3_secret_access_key=*** --x=1"),
        ("['--s3_secret_access_key=hidden', '--x=1']", "['--s3_secret_access_key=***', '--x=1']"),
        ('{"api_key": "hidden", "x": 1}', '{"api_key": ***, "x": 1}'),
        ("password: hidden", "password: ***"),
        ("Authorization: Bearer hidden", "Authorization: Bearer ***"),
        ("got Bearer hiddenhidden==", "got Bearer ***"),
        ("token_accuracy = 0.7 at step 100", "token_accuracy = 0.7 at step 100"),
    ],
)
def test_the_value_of_a_secret_is_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


def test_a_log_is_masked_and_for_its_user_alone(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "run.log")
    log.begin()
    os.write(2, b"\xff --token=hidden \x1b[2J\n--secret=hidden")  # As C++ writes it.
    log.end()
    args = "beam args: %s"
    log.handler.handle(logging.LogRecord("x", logging.INFO, "", 0, args, ("--token=hidden",), None))
    log.handler.close()
    text = log.path.read_text()
    assert text.startswith("\\xff --token=*** \\x1b[2J\n--secret=***\n")
    assert text.endswith("beam args: --token=***\n")
    assert "hidden" not in text
    assert [path.name for path in tmp_path.iterdir()] == ["run.log"]
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
