"""The CheckpointSweep component, for use in a TFX pipeline."""

import json
import sys
from collections.abc import Sequence

from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import standard_artifacts

from checkpoint_sweep.common.eval_config import metric_code
from checkpoint_sweep.common.sequences import as_list
from checkpoint_sweep.evaluation.request import DEFAULT_ENGINE, check_amounts
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.model_run.checkpoints import StepRange
from checkpoint_sweep.selection.cluster_key import check_cluster_key
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.split_thresholds import SplitThreshold, check_split_names, to_json
from checkpoint_sweep.sweeping.predictions.request import Predictions
from checkpoint_sweep.tfx_components.sweep import spec
from checkpoint_sweep.tfx_components.sweep.executor import SweepExecutor


class CheckpointSweep(base_beam_component.BaseBeamComponent):
    """Evaluates every checkpoint of a model run, or of several, and exports and blesses the best.

        sweep = CheckpointSweep(
            examples=example_gen.outputs["examples"],
            model=trainer.outputs["model"],
            model_run=trainer.outputs["model_run"],
            eval_config=eval_config,
            selection=Selection("auc", direction=Direction.HIGHER_IS_BETTER),
        )
        pusher = Pusher(
            model=sweep.outputs["model"], model_blessing=sweep.outputs["blessing"], ...
        )

    Runs of several Trainers, such as seeds or trials, come by `tfx.v1.dsl.union`.

        trainers = [seed_0, seed_1]
        sweep = CheckpointSweep(
            model=union([trainer.outputs["model"] for trainer in trainers]),
            model_run=union([trainer.outputs["model_run"] for trainer in trainers]),
            ...
        )

    Outputs:

    - `evaluation`: A folder of TFMA results for each checkpoint (`step-00001000/`, read it with
      `tfma.load_eval_result`) and each average (`average-last-5/`, `greedy-soup/`), the weights of
      the averages in `averages/`, `ledger.json`, the report (`report.html`, `report.json`,
      `metrics.csv`), and in `tensorboard/` every metric at its checkpoint's step.
    - `model`: The best checkpoint as a SavedModel; empty when no checkpoint is eligible.
    - `blessing`: BLESSED or NOT_BLESSED, and `verdicts.json` with a verdict on each checkpoint.
    """

    SPEC_CLASS = spec.CheckpointSweepSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(SweepExecutor)

    def __init__(
        self,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        model_run: types.BaseChannel,
        eval_config: config_pb2.EvalConfig,
        selection: Selection,
        schema: types.BaseChannel | None = None,
        baseline_model: types.BaseChannel | None = None,
        example_splits: Sequence[str] = ("eval",),
        steps: StepRange | None = None,
        engine: str = DEFAULT_ENGINE,
        batch_size: int | None = None,
        memory_budget: int | None = None,
        racing: Racing | None = None,
        averages: Averages | None = None,
        step_from: str | None = None,
        predictions: Predictions | None = None,
        cluster_key: str | None = None,
        eval_model: types.BaseChannel | None = None,
        other_splits: Sequence[str] = (),
        split_thresholds: Sequence[SplitThreshold] = (),
    ) -> None:
        """Adds a sweep to a pipeline.

        Args:
            examples: Examples to evaluate on, as the exported model's signature takes them.
            model: SavedModel of the Trainer, whose graph every candidate has. Of several runs, one
                that all share, or one for each, in their order.
            model_run: Run of the Trainer with its checkpoints; or several, among the checkpoints
                of all of which one is chosen.
            eval_config: Metrics, slices and thresholds, as for the Evaluator.
            selection: Metric to choose by, and how.
            schema: Schema of the examples; None for what is in them.
            baseline_model: Model that change thresholds compare with; without it they are ignored.
            example_splits: Splits to choose on, together.
            steps: Checkpoints to evaluate; None for all.
            engine: "fused", all checkpoints in one pass, or "tfma", stock TFMA once for each.
            batch_size: Number of examples that the fused engine predicts at once, lower for large
                inputs; None for its default.
            memory_budget: Bytes for the weights of all models; those beyond it are evaluated in
                further passes over the data. None for a share of the machine's memory.
            racing: Rule by which checkpoints are dropped after a share of the examples, where
                prediction takes most of the time; None to evaluate each on all of them.
            averages: Averages of checkpoints to evaluate as candidates too; None for none.
            step_from: Regular expression that finds the step in the name of a checkpoint, as its
                groups; None to tell it from the names.
            predictions: Predictions on every example to write as Parquet files into `evaluation`,
                of the chosen, the baseline and checkpoints that are named; None for none.
            cluster_key: Feature, such as "user_id", of which examples of one value are not
                independent: they share a fold, so that errors are those of clusters. None for none.
            eval_model: Model with an eval graph, which may be `model`: in `Format-TFMA`, or else in
                the SavedModel for serving. The model function's own metrics are computed too, as
                `model_fn/NAME`. None for TFMA's alone.
            other_splits: Splits on which every candidate is evaluated beside those that choose,
                each apart: `example_splits` are evaluated together, as the Evaluator does.
            split_thresholds: Thresholds on these splits, on the gap to those that choose, or on the
                one in `example_splits`, where it is one alone.

        Raises:
            EngineError: `batch_size` or `memory_budget` is below 1.
            SelectionError: The cluster key is no name, or the engine estimates no errors; or a
                split is among the others too, or a threshold is on none of these.
        """
        check_amounts(batch_size, memory_budget)
        check_cluster_key(cluster_key, engine)
        choosing, others = as_list(example_splits), as_list(other_splits)
        check_split_names(split_thresholds, others, choosing)
        steps = steps or StepRange()
        _register_visualizations()
        super().__init__(
            spec=spec.CheckpointSweepSpec(
                examples=examples,
                exported_model=model,
                model_run=model_run,
                baseline_model=baseline_model,
                schema=schema,
                eval_model=eval_model,
                eval_config=eval_config,
                selection=selection.to_json(),
                example_splits=json.dumps(choosing),
                first_step=steps.first,
                last_step=steps.last,
                stride=steps.stride,
                step_from=step_from,
                averages=averages.to_json() if averages else None,
                engine=engine,
                batch_size=batch_size,
                memory_budget=memory_budget,
                racing=racing.to_json() if racing else None,
                predictions=predictions.to_json() if predictions else None,
                cluster_key=cluster_key,
                other_splits=json.dumps(others) if others else None,
                split_thresholds=(to_json(split_thresholds) if split_thresholds else None),
                metric_code=metric_code(eval_config),
                evaluation=types.Channel(type=standard_artifacts.ModelEvaluation),
                model=types.Channel(type=standard_artifacts.Model),
                blessing=types.Channel(type=standard_artifacts.ModelBlessing),
            )
        )


def _register_visualizations() -> None:
    """Has notebooks show the report, where TFX's InteractiveContext was made before."""
    if "tfx.orchestration.experimental.interactive.interactive_context" in sys.modules:
        from checkpoint_sweep.tfx_components import visualizations

        visualizations.register()
