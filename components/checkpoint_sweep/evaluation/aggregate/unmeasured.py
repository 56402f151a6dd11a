"""Elements of a PCollection whose size Beam does not measure."""

from collections.abc import Callable
from typing import Any

from apache_beam.coders import observable


class Unmeasured(observable.ObservableMixin):
    """A large element, of which Beam counts one byte.

    Beam estimates the size of the first elements that each step gives by pickling them, also where
    it passes them on as they are. What can be observed is measured as it is iterated over, which
    this is not.
    """

    def __init__(self) -> None:
        """Has no observers."""

    def register_observer(self, callback: Callable[..., Any]) -> None:
        """Does nothing: there is no iteration to observe."""
