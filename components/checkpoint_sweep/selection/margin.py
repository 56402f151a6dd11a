"""How surely a threshold is to be met."""

import enum


class Margin(enum.Enum):
    """How surely a threshold is to be met.

    >>> from checkpoint_sweep import Margin, Selection
    >>> Selection("auc", level=0.9, margin=Margin.CONFIDENT).margin
    <Margin.CONFIDENT: 'confident'>

    VALUE: the value meets it, as TFMA judges. CONFIDENT: the one-sided bound of the value, or of
    its change, at the level of the selection, meets it too.
    """

    VALUE = "value"
    CONFIDENT = "confident"
