"""The errors that are raised on purpose.

    SweepError            all of them
    ├── UserError         something given does not fit: an argument, a file, a model, examples
    │   ├── CheckpointError, ExamplesError, EvalConfigError ...: one for each kind of input
    │   └── ConfigError, PodError ...: those of the application in `pipeline/`
    └── RunError          of the application: a run was started, and failed

An error of another class is a defect, or comes from the machine.
"""

import contextlib
from collections.abc import Iterator

from checkpoint_sweep.common.wording import Interface, Words, told_in


class SweepError(Exception):
    """Base of every error that is raised on purpose; the message is for the user.

    Its text has the words of Python; `told_in` has those of another interface.

    >>> from checkpoint_sweep import StepRange, SweepError
    >>> try:
    ...     StepRange(stride=0)
    ... except SweepError as error:
    ...     print(error)
    stride is 0; it must be at least 1.

    A subclass that has a builtin counterpart names it as its second base, so that code which
    catches `ValueError` or `RuntimeError` goes on to work.

    Attributes:
        parts: Parts of the message, which are joined without spaces.
    """

    def __init__(self, *parts: str | Words) -> None:
        super().__init__(told_in(Interface.PYTHON, *parts))
        self.parts = parts

    def told_in(self, interface: Interface) -> str:
        """Returns the message in the words of an interface."""
        return told_in(interface, *self.parts)


class UserError(SweepError, ValueError):
    """Something that was given does not fit; the message says what, and what to do.

    >>> from checkpoint_sweep import StepRange, UserError
    >>> try:
    ...     StepRange(first=400, last=200)
    ... except UserError as error:
    ...     print(error)
    The step range is empty: first 400 > last 200.
    """


@contextlib.contextmanager
def about(what: str | Words) -> Iterator[None]:
    """Has the messages of user errors that leave the block begin with what they are about.

    >>> try:
    ...     with about("The split 'drift': "):
    ...         raise UserError("there are no labels.")
    ... except UserError as error:
    ...     print(error)
    The split 'drift': there are no labels.
    """
    try:
        yield
    except UserError as error:
        raise type(error)(what, *error.parts) from error


@contextlib.contextmanager
def speaking(interface: Interface) -> Iterator[None]:
    """Has errors that leave the block, or the function that it decorates, say their message anew.

    Args:
        interface: Interface whose words they take.
    """
    try:
        yield
    except SweepError as error:
        error.args = (error.told_in(interface),)
        raise
