"""An engine that computes the model function's own metrics too."""

import dataclasses
import time
from collections.abc import Iterator, Sequence

from absl import logging

from checkpoint_sweep.common import digests, progress
from checkpoint_sweep.common.names import ModelNames
from checkpoint_sweep.evaluation.inputs.source import ExampleSource
from checkpoint_sweep.evaluation.model_function.compute import Computed, Pass, compute
from checkpoint_sweep.evaluation.model_function.sources import EvalSources
from checkpoint_sweep.evaluation.model_function.write import add_to_results
from checkpoint_sweep.evaluation.predict.memory import (
    default_memory_budget,
    split,
    weight_bytes,
)
from checkpoint_sweep.evaluation.request import Engine, Evaluated, EvaluationRequest
from checkpoint_sweep.saved_model import eval_graph
from checkpoint_sweep.saved_model.eval_graph import EvalGraph, EvalGraphError
from checkpoint_sweep.saved_model.model_source import ModelSource

BATCH_SIZE = 1000
_TRIED = 32


@dataclasses.dataclass(frozen=True)
class ModelFunction:
    """The metrics of a model function, which are computed for every candidate beside TFMA's.

    After an engine has evaluated a group of candidates, this reads the examples once more, in this
    process, and adds to the group's results. What an engine yields is complete, as ever.

    Attributes:
        graph: Eval graph.
        sources: Makes models with the eval graph of candidates.
        examples: Examples to evaluate on.
        batch_size: Number of examples of a batch, on which a mean over batches depends.
        decisive: Names, in the graph, of the metrics that decide, whose errors are estimated.
        cluster_key: Feature whose examples of one value share a fold; None for none.
        tried: Models with which the graph is run before the evaluation, of which one has to work:
            those of the sweep, since what is left to evaluate may be one that fails.
    """

    graph: EvalGraph
    sources: EvalSources
    examples: ExampleSource
    batch_size: int = BATCH_SIZE
    decisive: frozenset[str] = frozenset()
    cluster_key: str | None = None
    tried: Sequence[ModelSource] = ()

    @property
    def digest(self) -> str:
        """Digest of all that decides on the results."""
        clusters = "" if self.cluster_key is None else f"cluster_key={self.cluster_key}"
        return digests.of_parts(
            self.graph.saved_model.fingerprint,
            str(self.batch_size),
            *sorted(self.decisive),
            clusters,
        )

    def beside(self, engine: Engine) -> Engine:
        """Returns an engine that does what another does, and adds these metrics."""

        baseline: list[Computed | None] = []  # The same for all requests of a sweep.

        def evaluate(request: EvaluationRequest) -> Iterator[Sequence[Evaluated]]:
            if not baseline:
                self._try_out()
                baseline.append(self._of_baseline(request))
            for group in engine(request):
                yield self._added(request, group, baseline[0])

        return evaluate

    def _try_out(self) -> None:
        """Runs the graph on the first examples, before anything takes long.

        Raises:
            EvalGraphError: It fails with each of the models to try.
        """
        progress.enter("checking the model function's metrics")
        first = next(self.examples.in_order(_TRIED), None)
        if first is not None:
            examples = Pass(lambda: iter([first]), _TRIED)
            tried = {source.name: self.sources.of(source) for source in self.tried}
            found, failed = compute(self.graph, list(tried.values()), examples, frozenset())
            if failed and not found:
                name, reason = next(iter(failed.items()))
                raise EvalGraphError(
                    f"The eval graph of {self.graph.saved_model.directory} fails with the weights "
                    f"of {name}: {reason}. Correct the model function or its receiver, and export "
                    "again, or evaluate on examples that they take."
                )

    @property
    def _pass(self) -> Pass:
        columns = {self.cluster_key} if self.cluster_key is not None else set()
        return Pass(
            lambda: self.examples.in_order(self.batch_size, columns),
            self.batch_size,
            self.cluster_key,
        )

    def _of_baseline(self, request: EvaluationRequest) -> Computed | None:
        """Computes the metrics of the baseline; None without one that has an eval graph itself."""
        if request.baseline is None:
            return None
        try:
            graph = eval_graph.read(request.baseline.saved_model)
            found, failed = compute(graph, [request.baseline], self._pass, self.decisive)
        except EvalGraphError as error:
            logging.info("the baseline has no metrics of the model function: %s", error)
            return None
        for reason in failed.values():
            logging.warning("the baseline has no metrics of the model function: %s", reason)
        return found.get(request.baseline.name)

    def _added(
        self,
        request: EvaluationRequest,
        group: Sequence[Evaluated],
        baseline: Computed | None,
    ) -> Sequence[Evaluated]:
        """Adds the metrics of a group to its results; those that have none have failed."""
        started = time.monotonic()
        whole = {done.name for done in group if done.error is None and not done.dropped}
        sources = [self.sources.of(s) for s in request.candidates if s.name in whole]
        if not sources:
            return group
        progress.enter("computing the model function's metrics")
        failed: dict[str, str] = {}
        names = ModelNames.of(request.eval_config)
        for part in _parts(sources, request.memory_budget):
            models = f"{len(part)} models" if len(part) > 1 else "one model"
            logging.info("computing the model function's metrics of %s", models)
            found, reasons = compute(self.graph, part, self._pass, self.decisive)
            failed |= reasons
            for name, computed in found.items():
                output = request.outputs[name]
                add_to_results(output, computed, baseline, names, self.cluster_key)
        seconds = (time.monotonic() - started) / len(sources)
        return [
            dataclasses.replace(
                done,
                seconds=done.seconds + seconds,
                error=f"its eval graph fails: {failed[done.name]}",
            )
            if done.name in failed
            else dataclasses.replace(done, seconds=done.seconds + seconds * (done.name in whole))
            for done in group
        ]


def _parts(sources: Sequence[ModelSource], budget: int | None) -> list[list[ModelSource]]:
    """Divides models into groups that fit into memory."""
    budget = default_memory_budget() if budget is None else budget
    groups = split([weight_bytes(source) for source in sources], budget)
    return [[sources[index] for index in group] for group in groups]
