"""How a run's events divide its time."""

import pytest

from benchmarks.common.timing_events import BATCH, END, START, TimingEvent, TimingLog, split_time

ONE = [
    TimingEvent(START, 10.0),
    TimingEvent("load", 13.0),
    TimingEvent(BATCH, 14.0, 100),
    TimingEvent(BATCH, 15.0, 100),
    TimingEvent(BATCH, 17.0, 50),
    TimingEvent(END, 20.0),
]


def test_a_pass_is_divided_at_its_first_and_last_batch():
    found = split_time(ONE)
    assert (found.whole, found.start_up, found.steady, found.finish) == (10.0, 4.0, 3.0, 3.0)
    assert found.steady_examples == 150
    assert found.start_up_parts == {"load": 3.0, "first batch": 1.0}


def test_several_passes_are_added_up_and_gaps_are_start_up():
    later = [TimingEvent(event.name, event.seconds + 12.0, event.examples) for event in ONE]
    found = split_time([*ONE, *later])
    assert (found.whole, found.start_up, found.steady, found.finish) == (22.0, 10.0, 6.0, 6.0)
    assert found.steady_examples == 300
    assert sum(found.start_up_parts.values()) == found.start_up


@pytest.mark.parametrize("events", [ONE[1:], ONE[:-1], [ONE[0], ONE[-1]]])
def test_an_incomplete_pass_is_an_error(events):
    with pytest.raises(ValueError, match=r"event|pass"):
        split_time(events)


def test_events_are_read_as_written(tmp_path):
    events = TimingLog(str(tmp_path / "events"))
    events.add(START)
    events.add(BATCH, 7)
    first, second = events.read()
    assert (first.name, second.name, second.examples) == (START, BATCH, 7)
    assert first.seconds <= second.seconds
