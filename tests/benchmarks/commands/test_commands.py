"""What whole commands take: CPU of the process and of those it starts, and its table."""

import sys

import pytest

from benchmarks.commands import __main__ as commands
from benchmarks.commands.measuring import Taken, run
from benchmarks.common.processes import RunFailedError

_BUSY = "import time\nwhile time.process_time() < 0.3: pass"


def test_cpu_of_a_process_that_it_starts_counts(tmp_path):
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {_BUSY!r}], check=True)"
    taken = run([sys.executable, "-c", code], tmp_path, tmp_path / "log")
    assert taken.cpu_seconds >= 0.3
    assert taken.seconds >= 0.3


def test_a_command_that_fails_is_named_with_its_log(tmp_path):
    with pytest.raises(RunFailedError, match=f"exit status 3; its log is {tmp_path / 'log'}"):
        run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, tmp_path / "log")


@pytest.mark.parametrize(("seconds", "judged"), [(6.0, "met"), (6.1, "**missed**")])
def test_the_median_is_compared_with_the_target(seconds, judged):
    measured = {"sweep": [Taken(5.0, 1.0), Taken(7.0, seconds), Taken(6.0, 9.0)]}
    assert commands.lines(measured) == [["`sweep`", "6.00", f"{seconds:.2f}", "≤ 6", judged]]


def test_a_command_without_target_is_not_judged():
    assert commands.lines({"init": [Taken(1.0, 2.0)]}) == [["`init`", "1.00", "2.00", "", ""]]
