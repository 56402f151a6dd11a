"""How far an evaluation is, as it is said and heard."""

import contextlib
import threading
from collections.abc import Iterator

from checkpoint_sweep.common import progress
from checkpoint_sweep.common.progress import Amount, counting, listening


def test_what_is_said_adds_up() -> None:
    heard: list[Amount] = []
    counted = threading.Event()

    def tell(amount: Amount) -> None:
        heard.append(amount)
        if amount.counted:
            counted.set()

    with listening(tell), counting(lambda: [30, 20]):
        progress.expect(3)
        progress.done(30, 3)
        progress.expect(1)
        counted.wait(600)
    assert heard[-1] == Amount(candidates=4, examples=50, counted=True, done=90)
    assert heard[-1].whole == 200


def test_the_next_sweep_begins_anew() -> None:
    heard: list[Amount] = []
    with listening(heard.append):
        for _ in range(2):
            with counting(lambda: []):
                progress.expect(2)
                progress.done(10, 2)
    assert heard[-1].done == 20


def test_without_a_listener_nothing_is_counted() -> None:
    def counts() -> Iterator[int]:
        raise AssertionError
        yield 1

    with counting(counts):
        progress.done(1, 1)


def test_what_cannot_be_counted_has_no_whole() -> None:
    def counts() -> Iterator[int]:
        yield 5
        raise ValueError("cut short")

    heard: list[Amount] = []
    with listening(heard.append), counting(counts):
        progress.expect(1)
    assert heard[-1].whole is None


def test_after_its_block_a_listener_hears_nothing() -> None:
    heard: list[Amount] = []
    with contextlib.suppress(KeyError), listening(heard.append):
        progress.done(1, 1)
        raise KeyError
    progress.done(1, 1)
    assert heard == [Amount(done=1)]


def test_several_listeners_and_threads_hear_the_same() -> None:
    heard: tuple[list[Amount], list[Amount]] = ([], [])
    with listening(heard[0].append), listening(heard[1].append):
        threads = [threading.Thread(target=progress.done, args=(5, 2)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heard[0] == heard[1] == [Amount(done=10 * (i + 1)) for i in range(20)]
