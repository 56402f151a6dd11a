"""Nothing that is deployed is evaluated against itself and pushed anew."""

from typing import Any

from tfx import types
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.orchestration.portable.input_resolution.exceptions import SkipSignal

from pipeline.reporting.pushes import last_push
from pipeline.reporting.store import Store

_MODEL = "model"


class NotThePushed(ResolverStrategy):
    """Gives the model, unless it is the one that was pushed last and is still there.

    A node that takes the model is skipped then, as by a condition. A condition itself cannot ask
    the metadata store.
    """

    def resolve_artifacts(
        self, store: Any, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Gives the inputs, unless the model is the one that was pushed last.

        Raises:
            SkipSignal: the model is the one that was pushed last.
        """
        push = last_push(Store(store))
        if push and push.is_there and [a.id for a in input_dict[_MODEL]] == [push.model]:
            raise SkipSignal(f"the model is the one in {push.destination}")
        return input_dict


def unless_pushed(model: types.BaseChannel) -> types.BaseChannel:
    """Makes an input of nodes that are to be skipped when the model is the one pushed last."""
    # Not a node of its own, which would leave those after it without an input: that is an error.
    return tfx.dsl.Resolver(strategy_class=NotThePushed, model=model).inputs[_MODEL]
