"""Words that differ by the interface that a user is in: options there, arguments here."""

import dataclasses
import enum


class Interface(enum.Enum):
    """The interface that a user is in."""

    COMMAND_LINE = "command line"
    PYTHON = "Python"
    TFX = "TFX"


@dataclasses.dataclass(frozen=True)
class Words:
    """A part of a message that each interface says in its own words.

    >>> print(Words("step_from", "--step-from").told_in(Interface.COMMAND_LINE))
    --step-from

    Attributes:
        python: Words for callers of the library.
        command_line: Words for users of `checkpoint-sweep`.
        tfx: Words for authors of TFX pipelines; None for those of Python.
    """

    python: str
    command_line: str
    tfx: str | None = None

    def told_in(self, interface: Interface) -> str:
        """Returns the words of an interface."""
        if interface is Interface.COMMAND_LINE:
            return self.command_line
        if interface is Interface.TFX and self.tfx is not None:
            return self.tfx
        return self.python

    def __str__(self) -> str:
        return self.python


# What computes the metrics of a model function; an Evaluator does not have it.
EVAL_MODEL = Words("eval_model of a sweep", "--eval-model", "eval_model of CheckpointSweep")


def told_in(interface: Interface, *parts: "str | Words") -> str:
    """Joins the parts of a message in the words of an interface."""
    return "".join(
        part.told_in(interface) if isinstance(part, Words) else str(part) for part in parts
    )
