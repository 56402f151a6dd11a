"""The source of a model under evaluation: a SavedModel's graph, and weights to run it with."""

import dataclasses
import os
from collections.abc import Mapping

from checkpoint_sweep.common.file_states import FileStates
from checkpoint_sweep.common.files import absolute
from checkpoint_sweep.saved_model.saved_model import SavedModel

VARIABLES = os.path.join("variables", "variables")


@dataclasses.dataclass(frozen=True)
class ModelSource:
    """One model to evaluate: the graph of a SavedModel with weights from a tensor bundle.

    A checkpoint and a SavedModel's ``variables/`` directory are both tensor bundles, so a
    candidate needs no SavedModel of its own: it borrows the exported model's graph.

    Attributes:
        name: Name of the model, unique in one evaluation, for example ``"step-00000500"``.
        saved_model: SavedModel whose graph and assets are used.
        weights: Prefix of the tensor bundle to restore, as ``tf.train.load_checkpoint`` takes it.
        keys: Key to read in ``weights``, by the key of the SavedModel's own bundle that it is read
            for. A key that is not named is read under its own name.
        kept: Keys of the SavedModel's own bundle that keep the value they have there, because no
            signature reads them and ``weights`` need not have them.
        digest: Digest of the weights that signatures read, by which they are known again; "" where
            nothing has computed it.
        digested: Keys of the SavedModel's own bundle whose tensors are digested.
        files: States of the files of ``weights``, from before they were digested.
    """

    name: str
    saved_model: SavedModel
    weights: str
    keys: Mapping[str, str] = dataclasses.field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    digest: str = dataclasses.field(default="", compare=False)
    digested: frozenset[str] = dataclasses.field(default=frozenset(), compare=False)
    files: FileStates = dataclasses.field(default=FileStates({}), compare=False)

    @classmethod
    def from_saved_model(cls, name: str, directory: str) -> "ModelSource":
        """Makes the source of the model that a SavedModel directory holds."""
        return cls(name, SavedModel(directory), os.path.join(directory, VARIABLES))

    def absolute(self) -> "ModelSource":
        """Makes the paths absolute, for processes that run in another folder."""
        return dataclasses.replace(
            self, saved_model=self.saved_model.absolute(), weights=absolute(self.weights)
        )

    @property
    def own_weights(self) -> str:
        """Prefix of the SavedModel's own bundle, which says what has to be restored."""
        return os.path.join(self.saved_model.directory, VARIABLES)

    @property
    def location(self) -> str:
        """Path that the model comes from: the SavedModel, or the bundle of other weights."""
        own = self.weights == self.own_weights
        return self.saved_model.directory if own else self.weights

    def key_of(self, key: str) -> str:
        """Returns the key in ``weights`` for a key of the SavedModel's own bundle."""
        return self.keys.get(key, key)
