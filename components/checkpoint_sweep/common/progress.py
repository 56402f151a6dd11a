"""The progress of an evaluation, told as it goes to observers in the same process.

The unit is a prediction of one model on one example. Nobody observes by default, and then nothing
is counted. What Beam runs in other processes is not observed.
"""

import contextlib
import dataclasses
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Amount:
    """The progress of an evaluation.

    Attributes:
        candidates: Candidates that are to be evaluated; those dropped from a race are among them.
        examples: Examples that have been counted so far.
        counted: Whether all examples have been counted.
        done: Predictions so far, of one candidate on one example.
        phase: Phase in which nothing is predicted, such as "writing the report"; "" outside of one.
        beside: Candidates and examples of each of the other splits.
    """

    candidates: int = 0
    examples: int = 0
    counted: bool = False
    done: int = 0
    phase: str = ""
    beside: Mapping[str, tuple[int, int]] = dataclasses.field(default_factory=dict)

    @property
    def whole(self) -> int | None:
        """The predictions that there will be, at most; None while examples are being counted."""
        if not self.counted:
            return None
        parts = [(self.candidates, self.examples), *self.beside.values()]
        return sum(candidates * examples for candidates, examples in parts)


class _Observer:
    """Adds up what it is told, in whatever thread, and tells the amount.

    Args:
        tell: Function that is given each new amount.
    """

    def __init__(self, tell: Callable[[Amount], None]) -> None:
        self._tell = tell
        self._amount = Amount()
        self._lock = threading.RLock()

    def begin(self) -> None:
        """Begins anew with the next sweep."""
        self._change(Amount())

    def add(self, candidates: int = 0, examples: int = 0, done: int = 0, split: str = "") -> None:
        """Adds to the amount, or to that of another split."""
        with self._lock:
            before = self._amount
            if split:
                known = before.beside.get(split, (0, 0))
                now = known[0] + candidates, known[1] + examples
                before = dataclasses.replace(before, beside={**before.beside, split: now})
                candidates = examples = 0
            self._change(
                dataclasses.replace(
                    before,
                    candidates=before.candidates + candidates,
                    examples=before.examples + examples,
                    done=before.done + done,
                    phase="" if candidates or done else before.phase,
                )
            )

    def enter(self, phase: str) -> None:
        """Says that a phase begins."""
        with self._lock:
            self._change(dataclasses.replace(self._amount, phase=phase))

    def end_counting(self) -> None:
        """Says that all examples have been counted."""
        with self._lock:
            self._change(dataclasses.replace(self._amount, counted=True))

    def _change(self, amount: Amount) -> None:
        with self._lock:
            if amount != self._amount:
                self._amount = amount
                self._tell(amount)


# Of the process, and of no context: the threads in which Beam runs an evaluation have no context
# of the caller's, and what they run has been pickled.
_observers: list[_Observer] = []


def expect(candidates: int, split: str = "") -> None:
    """Says that candidates are to be evaluated, beside those before.

    Args:
        candidates: Number of candidates.
        split: Name of another split; "" for the one that chooses.
    """
    for observer in list(_observers):
        observer.add(candidates=candidates, split=split)


def done(examples: int, candidates: int) -> None:
    """Says that candidates have been evaluated on some more examples."""
    for observer in list(_observers):
        observer.add(done=examples * candidates)


def enter(phase: str) -> None:
    """Says that a phase begins in which nothing is predicted; the next prediction ends it.

    >>> enter("writing the report")
    """
    for observer in list(_observers):
        observer.enter(phase)


@contextlib.contextmanager
def counting(
    counts: Callable[[], Iterable[int]],
    beside: Mapping[str, Callable[[], Iterable[int]]] | None = None,
) -> Iterator[None]:
    """Counts the examples of a sweep in a thread while the block runs, if somebody observes it.

    Args:
        counts: Function that yields numbers of examples, which add up to all of them. An error
            ends the counting only.
        beside: Such functions of other splits; None for no other splits.
    """
    observers = list(_observers)
    if not observers:
        yield
        return
    for observer in observers:
        observer.begin()
    ended = threading.Event()

    def count() -> None:
        try:
            for split, numbers in {"": counts, **(beside or {})}.items():
                for number in numbers():
                    if ended.is_set():
                        return
                    for observer in observers:
                        observer.add(examples=number, split=split)
        except Exception as error:
            # The evaluation, which reads the same, says what is wrong.
            _LOG.debug("The examples cannot be counted: %s", error)
            return
        for observer in observers:
            observer.end_counting()

    thread = threading.Thread(target=count, name="count examples", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextlib.contextmanager
def listening(tell: Callable[[Amount], None]) -> Iterator[None]:
    """Observes how far the evaluation is that runs in the block.

    Args:
        tell: Function that is given what has been done so far, in whatever thread does it.
    """
    observer = _Observer(tell)
    _observers.append(observer)
    try:
        yield
    finally:
        _observers.remove(observer)
