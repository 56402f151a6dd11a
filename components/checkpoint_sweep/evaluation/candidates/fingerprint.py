"""The fingerprint of an evaluation, and whether what it stands for is still there."""

from collections.abc import Sequence

import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common import digests
from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.common.eval_config import metric_code, metric_sources
from checkpoint_sweep.common.file_states import FileStates, State
from checkpoint_sweep.common.source_fingerprint import digest_sources
from checkpoint_sweep.common.text import some
from checkpoint_sweep.evaluation.inputs.files import data_files
from checkpoint_sweep.evaluation.plan.tracked_metrics import UncertaintySpec
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.tensor_bundle import UnreadableError, is_other_than_digested
from checkpoint_sweep.version import __version__

_NAMED = 3
# Raised when equal examples and models give other files, as by other folds.
_FORM_OF_RESULTS = "3"


class ChangedError(UserError):
    """What is evaluated is no longer what it was; the message says what has changed."""


class EvaluationFingerprint:
    """A fingerprint of all that decides on results beside a checkpoint's weights.

    Attributes:
        digest: Digest of evaluation config, tracked metrics, code of the metrics that the config
            names, examples, baseline, engine, and the versions of this library and of TFMA.

    Args:
        eval_config: Config of the evaluation, with its defaults filled in.
        examples: Patterns of the files of examples.
        schema: Schema of the examples, serialized; empty without one.
        exported: SavedModels whose graphs the candidates have.
        baseline: Model to compare with; None for none.
        engine: Name of the engine.
        tracked_metrics: Metrics whose uncertainty is estimated; None for none.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        examples: Sequence[str],
        schema: bytes,
        exported: Sequence[SavedModel],
        baseline: ModelSource | None,
        engine: str,
        tracked_metrics: UncertaintySpec | None = None,
    ) -> None:
        self._eval_config = eval_config
        self._examples = examples
        self._exported = list(exported)
        self._baseline = baseline
        self._rest = (
            __version__,
            _FORM_OF_RESULTS,
            tfma.__version__,
            engine,
            eval_config.SerializeToString(deterministic=True),
            schema,
            tracked_metrics.digest if tracked_metrics else "",
        )
        sources = metric_sources(eval_config)
        self._code_states = FileStates.of(map(str, sources.values()))
        self._code = digest_sources(sources)
        # The graphs were read before.
        self._states = FileStates({**self._look().states, **self._states_of_graphs()})
        self.digest = self._digest()

    def keys(self, candidates: Sequence[ModelSource]) -> dict[str, str]:
        """Computes the keys of the evaluations of candidates, by name."""
        graphs = {
            saved_model: saved_model.fingerprint
            for saved_model in {candidate.saved_model for candidate in candidates}
        }
        return {
            candidate.name: digests.of_parts(
                self.digest, graphs[candidate.saved_model], candidate.digest
            )
            for candidate in candidates
        }

    def check_unchanged(self) -> None:
        """Checks that all is what it was: what has been evaluated since then was that.

        Files are read again only where size, times or inode are others.

        Raises:
            ChangedError: Examples, the exported graph, the baseline or the metrics' code are
                others.
        """
        if self._code_states.changed() and metric_code(self._eval_config) != self._code:
            raise ChangedError(
                "The code of the metrics changed during the evaluation, so its results are not "
                "recorded. Sweep again."
            )
        now = self._look()
        changed = now.differences(self._states)
        if changed and (any(map(_is_other_graph, self._exported)) or self._digest() != self.digest):
            raise ChangedError(
                f"{some(changed, _NAMED)} changed during the evaluation, so its results are not "
                "recorded. Sweep again when nothing writes to it."
            )
        self._states = now

    def _look(self) -> FileStates:
        graphs = self._states_of_graphs()
        return FileStates.of([*self._example_files(), *graphs, *self._baseline_files()])

    def _states_of_graphs(self) -> dict[str, State | None]:
        states = (saved_model.states.states for saved_model in self._exported)
        return {path: state for of_one in states for path, state in of_one.items()}

    def _digest(self) -> str:
        # In their order, by which folds are drawn.
        examples = [digests.of_files([path]) for path in self._example_files()]
        baseline = digests.of_files(self._baseline_files()) if self._baseline else ""
        return digests.of_parts(*self._rest, self._code, *examples, baseline)

    def _example_files(self) -> list[str]:
        return [path for pattern in self._examples for path in data_files(pattern)]

    def _baseline_files(self) -> list[str]:
        if self._baseline is None:
            return []
        return digests.files_of_folder(self._baseline.saved_model.directory)


def _is_other_graph(exported: SavedModel) -> bool:
    """Tells whether the graph on disk is no longer the one that was read."""
    now = SavedModel(exported.directory)
    return not now.exists() or now.fingerprint != exported.fingerprint


def changed_weights_reason(model: ModelSource) -> str | None:
    """Says that the weights of a model were written again since they were digested; None if not."""
    try:
        changed = is_other_than_digested(model)
    except UnreadableError:
        changed = True
    if not changed:
        return None
    return "its weights were written again while they were evaluated: sweep again"
