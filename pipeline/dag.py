"""The pipeline: from CSV files to a validated, pushed model chosen among all checkpoints."""

from typing import Any

from tfx import v1 as tfx

from checkpoint_sweep import CheckpointSweep, Evaluator, StepRange
from checkpoint_sweep.common.source_fingerprint import fingerprint
from pipeline import beam_runner
from pipeline.choosing import selection_of
from pipeline.config import CHOOSES, PipelineConfig
from pipeline.deployment import Deployment
from pipeline.problems.problem import FileFormat, load

_SPLITS = {"train": 3, "eval": 1, "test": 1}


def create_pipeline(config: PipelineConfig, deployment: Deployment) -> tfx.dsl.Pipeline:
    """Wires the components; see the README for a picture.

    Args:
        config: Settings of the run.
        deployment: Edges of the pipeline on the platform that it is made for.
    """
    components, proto, problem = tfx.components, tfx.proto, config.problem
    eval_config = load(problem.eval_config)()

    examples = example_gen(problem.file_format)(
        deployment.data, input_config=_files(deployment.pattern), output_config=_hash_split()
    )
    statistics = components.StatisticsGen(examples.outputs["examples"])
    schema = components.ImportSchemaGen(deployment.schema)
    validator = components.ExampleValidator(
        statistics.outputs["statistics"], schema.outputs["schema"]
    )
    read = {"examples": examples.outputs["examples"], "schema": schema.outputs["schema"]}
    transform = None
    if problem.preprocessing_fn:
        transform = components.Transform(
            **read,
            preprocessing_fn=problem.preprocessing_fn,
            splits_config=proto.SplitsConfig(analyze=["train"], transform=["train", "eval"]),
            custom_config={"source": _source(problem.preprocessing_fn)},
        )
    trainer = deployment.trainer(
        run_fn=problem.run_fn,
        **(_transformed(transform) if transform else read),
        train_args=proto.TrainArgs(splits=["train"], num_steps=config.steps),
        eval_args=proto.EvalArgs(splits=["eval"]),
        custom_config={
            "checkpoint_steps": config.checkpoint_steps,
            "source": _source(problem.run_fn),
            **problem.options,
        },
    )
    learners = [transform, trainer] if transform else [trainer]
    learners[0].add_upstream_node(validator)  # anomalies are known before they can do harm
    # Chooses on eval ...
    sweep = CheckpointSweep(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        model_run=trainer.outputs["model_run"],
        schema=schema.outputs["schema"],
        eval_config=eval_config,
        selection=selection_of(config),
        example_splits=[CHOOSES],
        steps=StepRange(first=1),  # step 0 is the untrained model
        engine=config.engine,
        averages=config.averages,
        predictions=config.predictions,
        racing=config.racing,
        cluster_key=config.cluster_key,
        other_splits=config.other_splits,
        split_thresholds=config.split_thresholds,
    )
    baseline = deployment.baseline(sweep.outputs["model"])
    nodes = [examples, statistics, schema, validator, *learners, sweep, baseline]

    # ... and what it blessed is confirmed once on test, which nobody chose on.
    candidate = deployment.candidate(sweep.outputs["model"])
    with tfx.dsl.Cond(sweep.outputs["blessing"].future()[0].custom_property("blessed") == 1):
        # On the engine of the sweep; the stock one estimates no errors, and knows no clusters.
        kind = tfx.components.Evaluator if config.engine == "tfma" else Evaluator
        evaluator = kind(
            examples=examples.outputs["examples"],
            model=candidate,
            baseline_model=baseline.outputs["model"],
            schema=schema.outputs["schema"],
            eval_config=eval_config,
            example_splits=["test"],
            **({"cluster_key": config.cluster_key} if config.cluster_key else {}),
        )
        pusher = deployment.pusher(
            model=candidate,
            model_blessing=evaluator.outputs["blessing"],
            push_destination=deployment.push_destination,
        )
    placement = beam_runner.beam_placement(config.beam_args, config.engine)
    for node in (sweep, evaluator):
        node.with_beam_pipeline_args(placement.evaluation)
    return tfx.dsl.Pipeline(
        pipeline_name=problem.name.replace("_", "-"),  # as Kubeflow wants names
        pipeline_root=deployment.root,
        components=[*nodes, evaluator, pusher],
        enable_cache=config.cache,
        metadata_connection_config=deployment.metadata,
        beam_pipeline_args=list(placement.everywhere),
    )


def example_gen(file_format: FileFormat) -> type[tfx.components.CsvExampleGen]:
    """Finds the ExampleGen that reads files of this format."""
    return {
        FileFormat.CSV: tfx.components.CsvExampleGen,
        FileFormat.TFRECORD: tfx.components.ImportExampleGen,
    }[file_format]


def _files(pattern: str) -> tfx.proto.Input:
    split = tfx.proto.Input.Split(name="single_split", pattern=pattern)
    return tfx.proto.Input(splits=[split])


def _source(function: str) -> str:
    """Fingerprints the code behind a dotted name: TFX's cache compares only the name."""
    return fingerprint([function.rpartition(".")[0]])


def _transformed(transform: tfx.components.Transform) -> dict[str, Any]:
    """Selects what a model learns from when there is preprocessing."""
    return {
        "examples": transform.outputs["transformed_examples"],
        "transform_graph": transform.outputs["transform_graph"],
    }


def _hash_split() -> tfx.proto.Output:
    split = tfx.proto.SplitConfig.Split
    return tfx.proto.Output(
        split_config=tfx.proto.SplitConfig(
            splits=[split(name=name, hash_buckets=share) for name, share in _SPLITS.items()]
        )
    )
