"""Times of events in one measured process, and how they divide it."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam

START, BATCH, END = "start", "batch", "end"


@dataclasses.dataclass(frozen=True)
class TimingEvent:
    """One event.

    Attributes:
        name: `START`, `BATCH` (a batch is done), `END`, or, between start and the first batch, the
            name of what has just ended.
        seconds: Time on the monotonic clock.
        examples: Number of examples in the batch.
    """

    name: str
    seconds: float
    examples: int = 0


class TimingLog:
    """Collects events in a file: whatever copies Beam makes of this, they write to one place.

    Args:
        path: Name of the file.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def add(self, name: str, examples: int = 0) -> None:
        """Records that an event has just happened."""
        with open(self._path, "a") as file:
            file.write(f"{time.monotonic()!r}\t{examples}\t{name}\n")

    def read(self) -> list[TimingEvent]:
        """Reads all events so far, in order."""
        with open(self._path) as file:
            fields = [line.rstrip("\n").split("\t", 2) for line in file]
        return [
            TimingEvent(name, float(seconds), int(examples)) for seconds, examples, name in fields
        ]


class TimeBatches(beam.DoFn):
    """Passes RecordBatches on, and records each once all that follows in its stage is done."""

    def __init__(self, events: TimingLog) -> None:
        self._events = events

    def process(self, element: Any) -> Iterator[Any]:
        """Yields an element; Beam runs the stage's next steps on it before it resumes here."""
        yield element
        self._events.add(BATCH, element.num_rows)


@dataclasses.dataclass(frozen=True)
class TimeSplit:
    """How a measured time is divided; see `benchmarks.engine.cases.Measurement`."""

    whole: float
    start_up: float
    steady: float
    finish: float
    steady_examples: int
    start_up_parts: dict[str, float]


def split_time(events: Sequence[TimingEvent]) -> TimeSplit:
    """Divides a run at the end of its first and of its last batch.

    Args:
        events: Events of one pass, or of several one after the other, each from `START` to `END`.
            Times of several are summed, and what lies between them is start-up of the later one.

    Raises:
        ValueError: a pass has no batch, or not both ends.
    """
    passes: list[list[TimingEvent]] = []
    for event in events:
        if event.name == START:
            passes.append([])
        if not passes:
            raise ValueError(f"The first event is {event.name!r}, not {START!r}.")
        passes[-1].append(event)
    start_up = steady = finish = 0.0
    steady_examples = 0
    parts: dict[str, float] = {}
    previous = events[0].seconds
    for one in passes:
        batches = [event for event in one if event.name == BATCH]
        if not batches or one[-1].name != END:
            raise ValueError(f"A pass has {len(batches)} batches and ends with {one[-1].name!r}.")
        first, last, end = batches[0], batches[-1], one[-1]
        start_up += first.seconds - previous
        steady += last.seconds - first.seconds
        finish += end.seconds - last.seconds
        steady_examples += sum(batch.examples for batch in batches[1:])
        for event in one[1 : one.index(first) + 1]:
            part = "first batch" if event is first else event.name
            parts[part] = parts.get(part, 0.0) + event.seconds - previous
            previous = event.seconds
        previous = end.seconds
    whole = events[-1].seconds - events[0].seconds
    return TimeSplit(whole, start_up, steady, finish, steady_examples, parts)
