"""How surely a threshold is to be met."""

import enum


class Margin(enum.Enum):
    """How surely a threshold is to be met.

    VALUE: the value meets it, as TFMA judges. CONFIDENT: the one-sided bound of the value, or of
    its change, at the level of the selection, meets it too.
    """

    VALUE = "value"
    CONFIDENT = "confident"
