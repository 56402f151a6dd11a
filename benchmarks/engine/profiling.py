"""Where a contender's time goes: `python -m benchmarks.engine --profile`.

A thread looks at the stacks of all others every few milliseconds and charges the time since its
last look to what it finds. That costs little and, unlike a tracing profiler, does not make code of
many small calls look slower than it is.
"""

import collections
import dataclasses
import importlib
import json
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from rich.table import Table

from benchmarks.common.folders import REPOSITORY
from benchmarks.common.prepared_data import PreparedData
from benchmarks.common.timing_events import TimingLog, split_time
from benchmarks.engine.cases import Case

_SECONDS_BETWEEN_LOOKS = 0.002
_PACKAGES = ("components", "pipeline", "benchmarks")
# A thread whose innermost frame is in one of these waits.
_LINES = 30
_WAITING = ("threading.py", "queue.py", "selectors.py", "socket.py", "grpc/_common.py")
_WAITING_IN = ("/grpc/", "/concurrent/futures/thread.py")


@dataclasses.dataclass(frozen=True)
class Profile:
    """Seconds by function.

    Attributes:
        whole: Seconds of the profiled run.
        start_up_parts: Parts of its start-up; see `benchmarks.engine.cases.Measurement`.
        steady: Seconds from the end of the first batch to that of the last.
        own: Seconds by function of this project, libraries that it calls included; other code goes
            by the name of its package.
        within: Seconds likewise, with the functions of this project that it calls.
    """

    whole: float
    start_up_parts: Mapping[str, float]
    steady: float
    own: Mapping[str, float]
    within: Mapping[str, float]


class Sampler(threading.Thread):
    """Looks at all stacks while it runs, as a context manager.

    Attributes:
        own, within: See `Profile`.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.own: dict[str, float] = collections.defaultdict(float)
        self.within: dict[str, float] = collections.defaultdict(float)
        self._stop_looking = threading.Event()

    def __enter__(self) -> "Sampler":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop_looking.set()
        self.join()

    def run(self) -> None:
        """Looks until told to stop."""
        previous = time.monotonic()
        while not self._stop_looking.wait(_SECONDS_BETWEEN_LOOKS):
            frames = sys._current_frames()  # noqa: SLF001 - documented, in spite of its name
            now = time.monotonic()
            stacks = [stack(frame) for thread, frame in frames.items() if thread != self.ident]
            working = [names for names in stacks if names]
            for names in working:
                share = (now - previous) / len(working)
                self.own[names[0]] += share
                for name in set(names):
                    self.within[name] += share
            previous = now


def stack(frame: FrameType | None) -> list[str]:
    """Lists this project's functions on a stack, innermost first; else the innermost package.

    Returns:
        Nothing for a thread that waits.
    """
    assert frame is not None
    innermost = frame.f_code.co_filename
    if innermost.endswith(_WAITING) or any(part in innermost for part in _WAITING_IN):
        return []
    names = []
    current: FrameType | None = frame
    while current is not None:
        path = Path(current.f_code.co_filename)
        if path.is_relative_to(REPOSITORY) and path.relative_to(REPOSITORY).parts[0] in _PACKAGES:
            names.append(f"{path.relative_to(REPOSITORY)}:{current.f_code.co_name}")
        current = current.f_back
    return names or [_package(innermost)]


def profile(case: Case, data: Path) -> Profile:
    """Runs a case in this process and says where its time went."""
    contender = importlib.import_module(f"benchmarks.engine.contenders.{case.contender}")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        events = TimingLog(f"{scratch}/events")
        with Sampler() as sampler:
            contender.run(PreparedData(data), case, f"{scratch}/out", events)
        divided = split_time(events.read())
    return Profile(
        divided.whole,
        divided.start_up_parts,
        divided.steady,
        dict(sampler.own),
        dict(sampler.within),
    )


def profile_table(case: Case, found: Profile) -> Table:
    """Shows the functions with the most time of their own; total is with what they call."""
    table = Table(
        title=f"{case.contender}, {case.examples:,} examples, {case.checkpoints} checkpoints: "
        f"{found.whole:.1f} s, {found.steady:.1f} s of them after the first batch",
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
    )
    table.add_column("function, or package of other code", overflow="fold")
    for name in ("own s", "own %", "total s"):
        table.add_column(name, justify="right", no_wrap=True)
    ordered = sorted(found.own, key=lambda name: -found.own[name])
    for name in ordered[:_LINES]:
        share = found.own[name] / found.whole
        table.add_row(name, f"{found.own[name]:.2f}", f"{share:.1%}", f"{found.within[name]:.2f}")
    return table


def _package(path: str) -> str:
    """Names the library or standard module that a file is of."""
    _, separator, rest = path.partition("site-packages/")
    return rest.split("/", 1)[0] if separator else Path(path).stem


def _main(case_json: str, data: str, result: str) -> None:
    """Runs the process of one profile, with the arguments of `benchmarks.engine.worker`."""
    found = profile(Case(**json.loads(case_json)), Path(data))
    Path(result).write_text(json.dumps(dataclasses.asdict(found)))


if __name__ == "__main__":
    _main(*sys.argv[1:])
