import signal
import subprocess
import sys

import pytest

_SCRIPT = """
import signal, sys, time
from pipeline.local import interruption as interruption_module
from pipeline.local.interruption import Interruption

def otherwise(status):
    print("otherwise", status, flush=True)

interruption_module._PATIENCE = 1.0
interruption = Interruption(otherwise)
interruption.listen()
try:
    print("ready", flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    print(interruption.status, flush=True)
    {then}
"""


def _start(then: str, ignoring: bool = False) -> subprocess.Popen:
    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN if ignoring else signal.SIG_DFL)

    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT.format(then=then)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_interrupts_and_is_remembered(number: int, status: int) -> None:
    with _start("sys.exit(7)") as process:
        process.send_signal(number)
        assert process.communicate(timeout=600)[0] == f"{status}\n"
    assert process.returncode == 7


def test_a_second_signal_ends_the_process_at_once() -> None:
    with _start("time.sleep(600)") as process:
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert process.stdout.readline() == "130\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=600) == 130


def test_a_process_started_to_ignore_a_signal_ignores_it() -> None:
    with _start("sys.exit(7)", ignoring=True) as process:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=600)[0] == "143\n"


def test_a_run_that_does_not_end_when_interrupted_is_ended() -> None:
    with _start("time.sleep(600)") as process:
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=600)[0] == "130\notherwise 130\n"
    assert process.returncode == 130


def test_a_run_that_has_taken_the_interruption_is_not_ended() -> None:
    with _start(
        "[interruption.came_out() for _ in range(2)]; time.sleep(3); sys.exit(7)"
    ) as process:
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=600)[0] == "130\n"
    assert process.returncode == 7
