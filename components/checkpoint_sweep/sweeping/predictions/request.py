"""The request for predictions, which a sweep writes beside its results."""

import dataclasses
import json
from collections.abc import Sequence

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.json_safe import parsing
from checkpoint_sweep.common.wording import Words


class PredictionsError(UserError):
    """Predictions cannot be written; the message says why."""


@dataclasses.dataclass(frozen=True)
class Predictions:
    """Predictions to write at the end of a sweep: of the chosen and of the baseline, at least.

    >>> from checkpoint_sweep import Predictions
    >>> Predictions(steps=(400, 200), key="trip_id")
    Predictions(steps=(200, 400), key='trip_id')

    Attributes:
        steps: Steps of further checkpoints whose predictions are written.
        key: Feature that identifies an example, for the column `key`; None for rows alone.

    Raises:
        PredictionsError: A step is no whole number, or there twice, or the key is no text.
    """

    steps: Sequence[int] = ()
    key: str | None = None

    def __post_init__(self) -> None:
        named = Words("steps", "--predictions-step")
        if not isinstance(self.steps, Sequence) or isinstance(self.steps, str):
            raise PredictionsError(f"steps is {self.steps!r}; it must be a list of whole numbers.")
        for step in self.steps:
            if not isinstance(step, int) or isinstance(step, bool) or step < 0:
                raise PredictionsError(named, f" has {step!r}, which is no step.")
        if len(set(self.steps)) < len(self.steps):
            raise PredictionsError(named, f" is {list(self.steps)}; name each step once.")
        if self.key is not None and (not isinstance(self.key, str) or not self.key):
            raise PredictionsError(
                Words("key", "--predictions-key"), f" is {self.key!r}; name a feature."
            )
        object.__setattr__(self, "steps", tuple(sorted(self.steps)))

    def to_json(self) -> str:
        """Returns the request as a component parameter; equal requests give equal text."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Predictions":
        """Reads a request that `to_json` gave; attributes that are missing have their defaults.

        Raises:
            PredictionsError: The text does not ask for predictions.
        """
        advice = "Make it by Predictions(...).to_json()."
        with parsing(text, "predictions", advice, PredictionsError):
            return cls(**json.loads(text))
