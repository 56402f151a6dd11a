"""A state as arrays, to go on from in another Beam pipeline: nothing in it can be run.

TFMA's own accumulators are any objects, which only pickles hold, so none is among them. The models
that have some are named: they cannot go on.
"""

import dataclasses
import io
import json
import zipfile
from typing import Any

import numpy as np

from checkpoint_sweep.evaluation.aggregate import slicing
from checkpoint_sweep.evaluation.aggregate.state import MetricState, Row
from checkpoint_sweep.evaluation.aggregate.sums import Sums

_TEXT = "text"  # The array of all that is no array, as JSON in UTF-8.
_ARRAYS = ("counts", "non_finite", "positives", "outside")


@dataclasses.dataclass(frozen=True)
class SavedState:
    """The state of a group of models, and what was derived of it.

    Attributes:
        state: State without TFMA's accumulators.
        incomplete: Numbers of the models that have such.
        derived: JSON-like values, as they were given.
    """

    state: MetricState
    incomplete: frozenset[int]
    derived: Any


def arrays_of(state: MetricState) -> dict[str, np.ndarray]:
    """Makes arrays of a state with one slice per row."""
    found = {name: getattr(state, name) for name in _ARRAYS}
    for leaf, part in state.sums.items():
        steps, columns = part.packed()
        found[f"steps-{leaf}"] = steps
        found |= {f"column-{leaf}-{index}": column for index, column in enumerate(columns)}
    text = {
        # TFMA's slicer gives text, integers and floats; JSON has each of these as it is.
        "rows": [[sample, key] for sample, (key,) in state.rows],
        "columns": [[leaf, part.values.shape[1]] for leaf, part in state.sums.items()],
        "examples": state.examples,
        "errors": list(state.errors.items()),
        "incomplete": sorted({key[0] for found in state.fallback.values() for key in found}),
    }
    return found | {_TEXT: _as_bytes(text)}


def to_bytes(arrays: dict[str, np.ndarray], derived: Any) -> bytes:
    """Packs the arrays of a state, and JSON-like values beside it, as `numpy.savez` does."""
    file = io.BytesIO()
    np.savez(file, **arrays, derived=_as_bytes(derived))
    return file.getvalue()


def from_bytes(content: bytes) -> SavedState:
    """Reads what `to_bytes` packed.

    Raises:
        ValueError: The content is something else.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            text = json.loads(arrays[_TEXT].tobytes())
            sums = {
                leaf: Sums.unpacked(
                    arrays[f"steps-{leaf}"],
                    [arrays[f"column-{leaf}-{index}"] for index in range(columns)],
                )
                for leaf, columns in text["columns"]
            }
            state = MetricState(
                rows=[*map(_row, text["rows"])],
                sums=sums,
                fallback={},
                examples=text["examples"],
                errors=dict(text["errors"]),
                **{name: arrays[name] for name in _ARRAYS},
            )
            derived = json.loads(arrays["derived"].tobytes())
            return SavedState(state, frozenset(text["incomplete"]), derived)
    except (KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError("These are not the arrays of a state.") from error


def _as_bytes(content: Any) -> np.ndarray:
    return np.frombuffer(json.dumps(content).encode(), np.uint8)


def _row(encoded: tuple[int, list[tuple[str, Any]]]) -> Row:
    sample, key = encoded
    return sample, (slicing.with_equal_nan(tuple((name, value) for name, value in key)),)
