"""Beam's combiner of states."""

from collections.abc import Iterable

import apache_beam as beam
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation.aggregate.state import MetricState, StateAccumulator
from checkpoint_sweep.evaluation.plan import plan as plan_lib


class MergeStates(beam.CombineFn):
    """Merges states into one.

    Args:
        eval_config: Config of the metrics.
        models: Number of models, the baseline included.
    """

    def __init__(
        self,
        eval_config: config_pb2.EvalConfig,
        models: int,
    ) -> None:
        self._eval_config = eval_config
        self._models = models

    def setup(self) -> None:
        """Builds the computations."""
        self._plan = plan_lib.make(self._eval_config)
        for leaf in self._plan.leaves:
            leaf.combine.setup()

    def create_accumulator(self) -> StateAccumulator:
        """Returns an empty accumulator."""
        return StateAccumulator(self._plan.strides(self._models))

    def add_input(self, accumulator: StateAccumulator, element: MetricState) -> StateAccumulator:
        """Adds the state of a batch."""
        accumulator.add(element, self._plan)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[StateAccumulator]) -> StateAccumulator:
        """Adds the states of several accumulators."""
        result, *others = accumulators
        for other in others:
            result.add(other.state(), self._plan)
        return result

    def compact(self, accumulator: StateAccumulator) -> StateAccumulator:
        """Merges what waits, before the accumulator is sent elsewhere, and leaves nothing here."""
        accumulator.state()
        result, taken = self.create_accumulator(), vars(accumulator).copy()
        vars(accumulator).update(vars(result))
        vars(result).update(taken)
        return result

    def extract_output(self, accumulator: StateAccumulator) -> MetricState:
        """Returns the merged state, one slice per row."""
        return accumulator.flattened()
