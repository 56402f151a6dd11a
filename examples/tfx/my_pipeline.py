"""CSV files, a Trainer, the sweep and a Pusher: `python my_pipeline.py DATA ROOT my_model`."""

import sys

import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tfx import v1 as tfx

from checkpoint_sweep import CheckpointSweep, Direction, Selection, StepRange, last_outcome

data, root, module = sys.argv[1:]
examples = tfx.components.CsvExampleGen(input_base=data)
trainer = tfx.components.Trainer(
    run_fn=f"{module}.run_fn",
    examples=examples.outputs["examples"],
    train_args=tfx.proto.TrainArgs(num_steps=400),
    eval_args=tfx.proto.EvalArgs(),
)
eval_config = text_format.Parse(
    """
    model_specs { label_key: "big_tipper" }
    slicing_specs {}
    slicing_specs { feature_keys: "payment_type" }
    metrics_specs {
      metrics { class_name: "BinaryCrossentropy" }
      metrics {
        class_name: "AUC"
        per_slice_thresholds {
          slicing_specs {}
          threshold { value_threshold { lower_bound { value: 0.7 } } }
        }
      }
    }
    """,
    tfma.EvalConfig(),
)
sweep = CheckpointSweep(
    examples=examples.outputs["examples"],
    model=trainer.outputs["model"],
    model_run=trainer.outputs["model_run"],
    eval_config=eval_config,
    selection=Selection("binary_crossentropy", direction=Direction.LOWER_IS_BETTER),
    steps=StepRange(first=1),  # without the checkpoint of step 0
)
pusher = tfx.components.Pusher(
    model=sweep.outputs["model"],
    model_blessing=sweep.outputs["blessing"],
    push_destination=tfx.proto.PushDestination(
        filesystem=tfx.proto.PushDestination.Filesystem(base_directory=f"{root}/serving")
    ),
)
metadata = tfx.orchestration.metadata.sqlite_metadata_connection_config(f"{root}/metadata.sqlite")
tfx.orchestration.LocalDagRunner().run(
    tfx.dsl.Pipeline(
        pipeline_name="mine",
        pipeline_root=root,
        components=[examples, trainer, sweep, pusher],
        metadata_connection_config=metadata,
        beam_pipeline_args=["--runner=FnApiRunner"],
    )
)
print(last_outcome(metadata))
