"""What the Evaluator compares a candidate with: never the candidate itself."""

from typing import Any

from tfx import types
from tfx import v1 as tfx
from tfx.types import standard_artifacts

from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.tfx_components.models import saved_model

_MODEL, _BLESSING, _CANDIDATE = "model", "model_blessing", "candidate"

Artifacts = dict[str, list[types.Artifact]]


class LatestBlessedOther(tfx.dsl.experimental.LatestBlessedModelStrategy):
    """Gives the latest blessed model beside the candidate.

    A run that was killed after the Evaluator had blessed, or whose pushed model was removed, has a
    blessed candidate when it is started again. It would be no better than itself. A model whose
    files were deleted is no baseline either.
    """

    def resolve_artifacts(self, store: Any, input_dict: Artifacts) -> Artifacts | None:
        """Resolves as the base class does, without the candidate and what was deleted."""
        candidates = {artifact.id for artifact in input_dict[_CANDIDATE]}
        others = [
            model
            for model in input_dict[_MODEL]
            if model.id not in candidates and SavedModel(saved_model(model.uri)).exists()
        ]
        found = super().resolve_artifacts(store, {_MODEL: others, _BLESSING: input_dict[_BLESSING]})
        return None if found is None else {**found, _CANDIDATE: input_dict[_CANDIDATE]}


def latest_blessed_other(candidate: types.BaseChannel) -> tfx.dsl.Resolver:
    """Makes a node whose output "model" is what to compare the candidate with, if there is one."""
    return tfx.dsl.Resolver(
        strategy_class=LatestBlessedOther,
        model=tfx.dsl.Channel(type=standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=standard_artifacts.ModelBlessing),
        candidate=candidate,
    ).with_id("Baseline")
