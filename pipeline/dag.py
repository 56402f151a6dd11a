"""The pipeline: from CSV files to a validated, pushed model chosen among all checkpoints."""

from tfx import v1 as tfx

from components.checkpoint_sweep import CheckpointSweep, Selection, StepRange
from pipeline import estimator_training
from pipeline.config import PipelineConfig
from pipeline.fingerprint import fingerprint
from pipeline.taxi import features, model, preprocessing, training
from pipeline.taxi.evaluation import eval_config

_SPLITS = {"train": 3, "eval": 1, "test": 1}


def create_pipeline(config: PipelineConfig) -> tfx.dsl.Pipeline:
    """Wires the components; see the README for a picture."""
    components, proto = tfx.components, tfx.proto

    examples = components.CsvExampleGen(str(config.data), output_config=_hash_split())
    statistics = components.StatisticsGen(examples.outputs["examples"])
    schema = components.ImportSchemaGen(str(config.schema))
    validator = components.ExampleValidator(
        statistics.outputs["statistics"], schema.outputs["schema"]
    )
    transform = components.Transform(
        examples.outputs["examples"],
        schema.outputs["schema"],
        preprocessing_fn="pipeline.taxi.preprocessing.preprocessing_fn",
        splits_config=proto.SplitsConfig(analyze=["train"], transform=["train", "eval"]),
        custom_config={"source": fingerprint([features, preprocessing])},
    )
    trainer = components.Trainer(
        run_fn="pipeline.taxi.training.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        train_args=proto.TrainArgs(splits=["train"], num_steps=config.steps),
        eval_args=proto.EvalArgs(splits=["eval"]),
        custom_config={
            "checkpoint_steps": config.checkpoint_steps,
            "source": fingerprint([features, model, training, estimator_training]),
        },
    )
    # Chooses on eval ...
    sweep = CheckpointSweep(
        examples=examples.outputs["examples"],
        model=trainer.outputs["model"],
        model_run=trainer.outputs["model_run"],
        schema=schema.outputs["schema"],
        eval_config=eval_config(),
        selection=Selection(config.select_by),
        example_splits=["eval"],
        steps=StepRange(first=1),  # step 0 is the untrained model
        engine=config.engine,
    )
    baseline = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestBlessedModelStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    ).with_id("Baseline")
    nodes = [examples, statistics, schema, validator, transform, trainer, sweep, baseline]

    # ... and what it blessed is confirmed once on test, which nobody chose on.
    with tfx.dsl.Cond(sweep.outputs["blessing"].future()[0].custom_property("blessed") == 1):
        evaluator = components.Evaluator(
            examples=examples.outputs["examples"],
            model=sweep.outputs["model"],
            baseline_model=baseline.outputs["model"],
            schema=schema.outputs["schema"],
            eval_config=eval_config(),
            example_splits=["test"],
        )
        pusher = components.Pusher(
            model=sweep.outputs["model"],
            model_blessing=evaluator.outputs["blessing"],
            push_destination=proto.PushDestination(
                filesystem=proto.PushDestination.Filesystem(base_directory=str(config.pushed))
            ),
        )
    return tfx.dsl.Pipeline(
        pipeline_name=config.name,
        pipeline_root=str(config.root),
        components=[*nodes, evaluator, pusher],
        enable_cache=config.cache,
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(config.metadata)
        ),
        beam_pipeline_args=list(config.beam_args),
    )


def _hash_split() -> tfx.proto.Output:
    split = tfx.proto.SplitConfig.Split
    return tfx.proto.Output(
        split_config=tfx.proto.SplitConfig(
            splits=[split(name=name, hash_buckets=share) for name, share in _SPLITS.items()]
        )
    )
