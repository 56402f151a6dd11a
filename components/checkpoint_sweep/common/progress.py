"""How far an evaluation is: said as it goes, for whoever listens in the same process.

The unit is a prediction of one model on one example. Nobody listens by default, and then nothing is
said. What Beam runs in other processes is not heard.
"""

import contextlib
import dataclasses
import logging
import threading
from collections.abc import Callable, Iterable, Iterator

_LOG = logging.getLogger("checkpoint_sweep.progress")
_BEGIN = "the evaluation of a sweep begins"
_EXPECT = "%d candidates are to be evaluated"
_COUNT = "%d more examples have been counted"
_COUNTED = "all examples have been counted"
_DONE = "%d examples have been evaluated by %d candidates"


@dataclasses.dataclass(frozen=True)
class Amount:
    """How far an evaluation is.

    Attributes:
        candidates: Number of candidates to evaluate, with those that were dropped from a race.
        examples: Number of examples that have been counted so far.
        counted: Whether all examples have been counted.
        done: Number of predictions, of one candidate on one example each.
    """

    candidates: int = 0
    examples: int = 0
    counted: bool = False
    done: int = 0

    @property
    def whole(self) -> int | None:
        """The predictions that there will be, at most; None while examples are being counted."""
        return self.candidates * self.examples if self.counted else None


def expect(candidates: int) -> None:
    """Says that candidates are to be evaluated, beside those before."""
    _LOG.debug(_EXPECT, candidates)


def done(examples: int, candidates: int) -> None:
    """Says that candidates have been evaluated on some more examples."""
    _LOG.debug(_DONE, examples, candidates)


@contextlib.contextmanager
def counting(counts: Callable[[], Iterable[int]]) -> Iterator[None]:
    """Counts the examples of a sweep in a thread while the block runs, if somebody listens.

    Args:
        counts: Numbers of examples that add up to all of them. An error ends the counting only.
    """
    if not _LOG.isEnabledFor(logging.DEBUG):
        yield
        return
    _LOG.debug(_BEGIN)
    ended = threading.Event()

    def count() -> None:
        try:
            for number in counts():
                if ended.is_set():
                    return
                _LOG.debug(_COUNT, number)
        except Exception as error:
            # The evaluation, which reads the same, says what is wrong.
            _LOG.debug("the examples cannot be counted: %s", error)
            return
        _LOG.debug(_COUNTED)

    thread = threading.Thread(target=count, name="count examples", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class _Listener(logging.Handler):
    def __init__(self, tell: Callable[[Amount], None]) -> None:
        super().__init__(logging.DEBUG)
        self._tell = tell
        self._amount = Amount()

    def emit(self, record: logging.LogRecord) -> None:
        """Adds up what is said. Handlers hold a lock: threads may speak at once."""
        said = self._amount
        arguments = record.args if isinstance(record.args, tuple) else ()
        numbers = [number for number in arguments if isinstance(number, int)]
        if record.msg == _BEGIN:
            said = Amount()
        elif record.msg == _EXPECT:
            said = dataclasses.replace(said, candidates=said.candidates + numbers[0])
        elif record.msg == _COUNT:
            said = dataclasses.replace(said, examples=said.examples + numbers[0])
        elif record.msg == _COUNTED:
            said = dataclasses.replace(said, counted=True)
        elif record.msg == _DONE:
            said = dataclasses.replace(said, done=said.done + numbers[0] * numbers[1])
        if said != self._amount:
            self._amount = said
            self._tell(said)


@contextlib.contextmanager
def listening(tell: Callable[[Amount], None]) -> Iterator[None]:
    """Hears how far the evaluation is that runs in the block.

    Args:
        tell: Function that is given what has been done so far, in whatever thread does it.
    """
    listener = _Listener(tell)
    before = _LOG.level, _LOG.propagate
    _LOG.addHandler(listener)
    _LOG.setLevel(logging.DEBUG)
    _LOG.propagate = False
    try:
        yield
    finally:
        _LOG.removeHandler(listener)
        _LOG.setLevel(before[0])
        _LOG.propagate = before[1]
