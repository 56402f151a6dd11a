"""Elements of a PCollection whose size Beam does not measure."""

from collections.abc import Callable
from typing import Any, TypeVar

from apache_beam.coders import observable

_Item = TypeVar("_Item")


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


class UnmeasuredList(list[_Item], Unmeasured):
    """A list of large elements."""


class UnmeasuredPair(tuple[Any, Any], Unmeasured):
    """A key and a large element.

    Args:
        key: Key.
        element: Element.
    """

    def __new__(cls, key: Any, element: Any) -> "UnmeasuredPair":
        """Makes a tuple of two."""
        return super().__new__(cls, (key, element))

    def __init__(self, key: Any, element: Any) -> None:
        super().__init__()

    def __getnewargs__(self) -> tuple[Any, Any]:
        """Returns what pickle makes the pair of."""
        return self[0], self[1]
