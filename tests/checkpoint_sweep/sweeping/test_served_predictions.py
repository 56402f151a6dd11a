"""What is exported predicts as the engine did, by whichever loader it is served."""

import dataclasses
import functools
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep import Direction, Selection, SweepOptions, sweep
from checkpoint_sweep.common.eval_config import with_defaults
from checkpoint_sweep.errors import ServingError
from checkpoint_sweep.evaluation.preflight.signature import check_signature
from checkpoint_sweep.model_run.averaging import Averager
from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.sweeping.evaluated_export import export_evaluated
from checkpoint_sweep.sweeping.example_files import open_files
from checkpoint_sweep.sweeping.served_predictions import check_predictions, different_output
from checkpoint_sweep.sweeping.tables.columns import of_evaluation
from tests.support import keras_run, passthrough_model, tfrecords
from tests.support.candidates import make_candidates

Check = Callable[[str], None]

LOSS = (
    'model_specs { label_key: "y" } slicing_specs {} '
    'metrics_specs { metrics { class_name: "BinaryCrossentropy" } }'
)
CONFIG = 'model_specs { label_key: "big_tipper" } slicing_specs {} metrics_specs {}'


@pytest.fixture
def sources(tmp_path: Path) -> dict[int, ModelSource]:
    """Candidates, by step, of a model that holds each variable twice."""
    run = keras_run.make(
        tmp_path, keras_run.sequential, keras_run.manager, keras_run.export_archive
    )
    checkpoints = find_checkpoints(str(run.model_run))
    return make_candidates(SavedModel(str(run.export)), checkpoints, checkpoints).sources


@pytest.fixture
def check_of(tmp_path: Path, examples: list[bytes]) -> Callable[[ModelSource], Check]:
    """The check of a candidate's export on real examples."""
    path = tmp_path / "eval.tfrecord"
    tfrecords.write(path, examples[:40])
    read = open_files([str(path)], "eval", None, str(tmp_path / "tables"))
    config = with_defaults(text_format.Parse(CONFIG, config_pb2.EvalConfig()), has_baseline=False)
    return lambda source: functools.partial(
        check_predictions, source, eval_config=config, examples=read
    )


def test_a_half_swapped_export_is_refused_and_leaves_nothing(
    tmp_path: Path,
    sources: dict[int, ModelSource],
    check_of: Callable[[ModelSource], Check],
) -> None:
    whole = sources[keras_run.STEPS[0]]
    keys = {key: name for key, name in whole.keys.items() if key in whole.digested}
    kept = frozenset(whole.keys) - frozenset(keys)
    half = dataclasses.replace(whole, keys=keys, kept=kept)
    assert kept
    with pytest.raises(ServingError, match=r"loaded by tf\.saved_model\.load"):
        export_evaluated(half, str(tmp_path / "out"), check_of(half))
    assert not list(tmp_path.glob("out*"))


def test_an_average_is_served_by_both_loaders(
    tmp_path: Path,
    sources: dict[int, ModelSource],
    check_of: Callable[[ModelSource], Check],
) -> None:
    average = Averager(sources, str(tmp_path)).make("average", list(sources))
    assert isinstance(average, ModelSource), average
    export_evaluated(average, str(tmp_path / "out"), check_of(average))
    assert (tmp_path / "out" / "saved_model.pb").is_file()


NAN = np.float32([0.5, np.nan])


@pytest.mark.parametrize(
    ("expected", "actual", "equal"),
    [
        pytest.param(np.float32([0.5]), np.float32([0.50001]), True, id="rounding"),
        pytest.param(np.float32([0.5]), np.float32([0.51]), False, id="another value"),
        pytest.param(np.float64([0.5]), np.float64([0.50001]), False, id="not in float64"),
        pytest.param(NAN, NAN.copy(), True, id="NaN equals NaN"),
        pytest.param(NAN, np.float32([0.5, 0.5]), False, id="NaN equals no number"),
        pytest.param(np.float32([0.5]), np.float32([[0.5]]), False, id="another shape"),
        pytest.param(np.int64([1]), np.int64([2]), True, id="a class, whose scores are compared"),
    ],
)
def test_outputs_are_equal_but_for_rounding(
    expected: np.ndarray, actual: np.ndarray, equal: bool
) -> None:
    assert different_output({"p": expected}, {"p": actual}) == (None if equal else "p")


@pytest.mark.parametrize(
    ("shape", "dtype"), [([None], tf.float32), ([], tf.bool), ([None, 2], tf.string)]
)
def test_inputs_on_which_no_output_depends_are_no_obstacle_and_damage_is_one(
    shape: list[int | None], dtype: tf.DType, tmp_path: Path
) -> None:
    module = tf.Module()
    module.w = tf.Variable(2.0)
    text = tf.TensorSpec([None], tf.string, "examples")

    @tf.function(input_signature=[text, tf.TensorSpec(shape, dtype, "unused")])
    def serve(examples: tf.Tensor, unused: tf.Tensor) -> dict[str, tf.Tensor]:
        parsed = tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([], tf.float32)})
        return {"p": module.w * parsed["x"]}

    directory = str(tmp_path / "export")
    tf.saved_model.save(module, directory, signatures={"serving_default": serve})
    (tmp_path / "eval.csv").write_text("x,big_tipper\n1,0\n2,1\n")
    config = with_defaults(text_format.Parse(CONFIG, config_pb2.EvalConfig()), has_baseline=False)
    model = SavedModel(directory)
    examples = open_files(
        [str(tmp_path / "eval.csv")],
        "eval",
        None,
        str(tmp_path / "tables"),
        lambda: of_evaluation(config, [model], None),
    )
    check_signature(model, config, examples.features())
    source = ModelSource.from_saved_model("m", directory)
    check_predictions(source, directory, config, examples)
    damaged = tmp_path / "damaged"
    shutil.copytree(directory, damaged)
    (damaged / "saved_model.pb").write_bytes(_with_a_node_twice(model))
    message = (
        r"m is not exported: tf\.compat\.v1\.saved_model\.load cannot load or run it: .*unique"
    )
    with pytest.raises(ServingError, match=message):
        check_predictions(source, str(damaged), config, examples)


def _with_a_node_twice(model: SavedModel) -> bytes:
    graph = saved_model_pb2.SavedModel()
    graph.saved_model_schema_version = 1
    meta_graph = graph.meta_graphs.add()
    meta_graph.CopyFrom(model.meta_graph)
    meta_graph.graph_def.node.add().CopyFrom(meta_graph.graph_def.node[0])
    return graph.SerializeToString()


def test_a_feature_that_the_schema_has_and_nothing_reads_may_be_missing(tmp_path: Path) -> None:
    schema = tmp_path / "schema.pbtxt"
    dense = "shape { dim { size: 1 } } presence { min_fraction: 1 }"
    kinds = {"p": "FLOAT", "y": "INT", "zip": "BYTES"}
    schema.write_text(
        "".join(f'feature {{ name: "{name}" type: {kinds[name]} {dense} }}' for name in kinds)
    )
    (tmp_path / "eval.csv").write_text("p,zip,y\n0.2,01000,0\n0.7,02000,1\n")
    model = passthrough_model.write_model(tmp_path / "export").saved_model.directory
    swept = sweep(
        passthrough_model.write_run(tmp_path / "run", [0.5, 1.0]),
        model,
        SweepOptions(
            str(tmp_path / "eval.csv"),
            text_format.Parse(LOSS, config_pb2.EvalConfig()),
            Selection("binary_crossentropy", direction=Direction.LOWER_IS_BETTER),
            schema=str(schema),
        ),
    )
    assert swept.step == 2
