"""How a run's stamps divide its time."""

import pytest

from benchmarks.common.timing_events import BATCH, END, START, Stamp, Stamps, split

ONE = [
    Stamp(START, 10.0),
    Stamp("load", 13.0),
    Stamp(BATCH, 14.0, 100),
    Stamp(BATCH, 15.0, 100),
    Stamp(BATCH, 17.0, 50),
    Stamp(END, 20.0),
]


def test_one_pass():
    found = split(ONE)
    assert (found.whole, found.start_up, found.steady, found.finish) == (10.0, 4.0, 3.0, 3.0)
    assert found.steady_examples == 150
    assert found.start_up_parts == {"load": 3.0, "first batch": 1.0}


def test_several_passes_are_added_up_and_gaps_are_start_up():
    later = [Stamp(stamp.event, stamp.seconds + 12.0, stamp.examples) for stamp in ONE]
    found = split([*ONE, *later])
    assert (found.whole, found.start_up, found.steady, found.finish) == (22.0, 10.0, 6.0, 6.0)
    assert found.steady_examples == 300
    assert sum(found.start_up_parts.values()) == found.start_up


@pytest.mark.parametrize("stamps", [ONE[1:], ONE[:-1], [ONE[0], ONE[-1]]])
def test_an_incomplete_pass_is_an_error(stamps):
    with pytest.raises(ValueError, match=r"stamp|pass"):
        split(stamps)


def test_stamps_are_read_as_written(tmp_path):
    stamps = Stamps(str(tmp_path / "stamps"))
    stamps.add(START)
    stamps.add(BATCH, 7)
    first, second = stamps.read()
    assert (first.event, second.event, second.examples) == (START, BATCH, 7)
    assert first.seconds <= second.seconds
