"""Averages of checkpoints are what NumPy makes of them, and refused where they would be wrong.

Over 300 lines, since all read and write averages by the same few helpers.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from checkpoint_sweep.common.ownership import MARKER
from checkpoint_sweep.model_run.average_weights import AverageWeights
from checkpoint_sweep.model_run.averaging import Averager
from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.saved_model.model_source import VARIABLES, ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from checkpoint_sweep.saved_model.weight_swap import write_saved_model
from tests.support import keras_run
from tests.support.candidates import make_candidates
from tests.support.estimator_run import EstimatorRun
from tests.support.tensor_bundles import read_bundle, write_bundle

NAME = "average-last-2"


def _sources(run: Any) -> dict[int, ModelSource]:
    checkpoints = find_checkpoints(str(run.model_run))
    return make_candidates(SavedModel(str(run.export)), checkpoints, checkpoints).sources


def _made(sources: Mapping[int, ModelSource], steps: Sequence[int], folder: object) -> ModelSource:
    made = Averager(sources, str(folder)).make(NAME, steps)
    assert isinstance(made, ModelSource), made
    return made


def _reason(sources: Mapping[int, ModelSource], steps: Sequence[int], folder: Path) -> str:
    made = Averager(sources, str(folder)).make(NAME, steps)
    assert isinstance(made, str)
    assert not list(folder.iterdir()) if folder.exists() else True
    return made


def _exported(source: ModelSource, folder: Path) -> dict[str, np.ndarray]:
    write_saved_model(source, str(folder))
    return read_bundle(str(folder / VARIABLES))


def _mean(values: Sequence[np.ndarray]) -> np.ndarray:
    """By NumPy, in float64; whole numbers of the newest."""
    stacked = np.stack(values)
    if not np.issubdtype(stacked.dtype, np.floating):
        return values[-1]
    return np.mean(stacked, axis=0, dtype=np.float64).astype(stacked.dtype)


@pytest.mark.parametrize("steps", [[40, 60], [0, 20, 40, 60], [20, 60]])
def test_an_average_is_numpys(trained: EstimatorRun, tmp_path: Path, steps: list[int]) -> None:
    source = _made(_sources(trained), steps[::-1], tmp_path / "averages")
    exported = _exported(source, tmp_path / "written")
    bundles = [read_bundle(str(trained.model_run / f"model.ckpt-{step}")) for step in steps]
    assert set(exported) == set(read_bundle(str(trained.export / VARIABLES)))
    assert exported["global_step"] == steps[-1]
    for key, value in exported.items():
        expected = _mean([bundle[key] for bundle in bundles])
        assert value.dtype == expected.dtype
        assert value.tobytes() == expected.tobytes(), key
        assert key == "global_step" or value.tobytes() != bundles[-1][key].tobytes()


@pytest.mark.parametrize("weights", [AverageWeights.LINEAR, AverageWeights.COSINE])
def test_a_weighted_average_is_numpys(
    trained: EstimatorRun, tmp_path: Path, weights: AverageWeights
) -> None:
    steps, given = [20, 40, 60], weights.of(3)
    made = Averager(_sources(trained), str(tmp_path / "averages")).make(NAME, steps, given)
    assert isinstance(made, ModelSource)
    exported = _exported(made, tmp_path / "written")
    bundles = [read_bundle(str(trained.model_run / f"model.ckpt-{step}")) for step in steps]
    assert exported.pop("global_step") == 60
    for key, value in exported.items():
        values = np.stack([bundle[key] for bundle in bundles]).astype(np.float64)
        expected = np.average(values, axis=0, weights=given).astype(value.dtype)
        np.testing.assert_array_max_ulp(value, expected, 1)
        assert (value != np.mean(values, axis=0).astype(value.dtype)).any(), key


def test_the_digest_of_an_average_is_of_its_weights(trained: EstimatorRun, tmp_path: Path) -> None:
    sources = _sources(trained)
    averager = Averager(sources, str(tmp_path))
    made = [averager.make(str(i), steps) for i, steps in enumerate([[40, 60], [60, 40], [20, 60]])]
    digests = [source.digest for source in made if isinstance(source, ModelSource)]
    assert digests[0] == digests[1] != digests[2]
    assert not {source.digest for source in sources.values()} & set(digests)


def test_an_average_of_one_is_the_checkpoint(trained: EstimatorRun, tmp_path: Path) -> None:
    sources = _sources(trained)
    assert _made(sources, [40], tmp_path).digest == sources[40].digest


def test_an_average_replaces_one_that_was_left(trained: EstimatorRun, tmp_path: Path) -> None:
    sources = _sources(trained)
    first = _made(sources, [20, 60], tmp_path)
    assert _made(sources, [40, 60], tmp_path).weights == first.weights
    (folder,) = tmp_path.iterdir()
    assert {path.suffix or path.name for path in folder.iterdir()} == {
        MARKER,
        ".index",
        ".data-00000-of-00001",
    }


def test_an_average_can_be_removed(trained: EstimatorRun, tmp_path: Path) -> None:
    averager = Averager(_sources(trained), str(tmp_path))
    averager.make(NAME, [40, 60])
    averager.remove(NAME)
    averager.remove(NAME)
    assert not list(tmp_path.iterdir())


def test_an_average_is_the_same_on_a_remote_file_system(
    trained: EstimatorRun, tmp_path: Path
) -> None:
    source = _made(_sources(trained), [40, 60], "ram://averaging/averages")
    local = _made(_sources(trained), [40, 60], tmp_path / "averages")
    assert source.weights.startswith("ram://averaging/averages/average-last-2/")
    there, here = (_exported(s, tmp_path / str(i)) for i, s in enumerate((source, local)))
    assert all(there[key].tobytes() == here[key].tobytes() for key in here)


def test_a_deleted_checkpoint_cannot_be_averaged(trained: EstimatorRun, tmp_path: Path) -> None:
    shutil.copytree(trained.model_run, tmp_path / "run")
    run = EstimatorRun(trained.estimator, tmp_path / "run", trained.export)
    sources = _sources(run)
    (tmp_path / "run" / "model.ckpt-40.data-00000-of-00001").unlink()
    assert _reason(sources, [40, 60], tmp_path / "averages").startswith("unreadable: ")


class _Assorted(tf.Module):
    """Variables of many types, all of which the signature reads."""

    def __init__(self) -> None:
        super().__init__()
        self.half = tf.Variable(tf.zeros([3], tf.float16))
        self.brain = tf.Variable(tf.zeros([3], tf.bfloat16))
        self.double = tf.Variable(tf.zeros([3], tf.float64))
        self.complex = tf.Variable(tf.zeros([3], tf.complex64))
        self.count = tf.Variable(0, dtype=tf.int64)
        self.flag = tf.Variable(False)
        self.text = tf.Variable("")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """All variables."""
        return {v.name.partition(":")[0] + str(i): v for i, v in enumerate(self.variables)}


def _assorted(directory: Path) -> keras_run.KerasRun:
    model = _Assorted()
    run = keras_run.KerasRun(model, directory / "run", directory / "export", lambda _: None)
    run.model_run.mkdir()
    random = np.random.default_rng(0)
    for step in keras_run.STEPS:
        for variable in (model.half, model.brain, model.double):
            variable.assign(tf.cast(random.normal(size=3), variable.dtype))
        model.complex.assign(tf.complex(*random.normal(size=(2, 3)).astype(np.float32)))
        model.count.assign(10 * step)
        model.flag.assign(step % 2 == 0)
        model.text.assign(f"text {step}")
        tf.train.Checkpoint(model).write(str(run.model_run / f"ckpt-{step}"))
    tf.saved_model.save(model, str(run.export), signatures={"serving_default": model.serve})
    return run


def test_floats_of_every_type_are_averaged_and_others_are_the_newest(tmp_path: Path) -> None:
    run = _assorted(tmp_path)
    exported = _exported(_made(_sources(run), [1, 2], tmp_path / "averages"), tmp_path / "written")
    first, second = (read_bundle(str(run.model_run / f"ckpt-{step}")) for step in (1, 2))
    seen = set()
    for key, value in exported.items():
        if "VARIABLE_VALUE" not in key:
            continue
        name = key.partition("/")[0]
        seen.add(name)
        if name in ("count", "flag", "text"):
            assert value == second[key]
        else:
            wide = complex if name == "complex" else float
            expected = (first[key].astype(wide) + second[key].astype(wide)) / 2
            assert value.dtype == second[key].dtype
            assert value.tobytes() == expected.astype(value.dtype).tobytes(), name
    assert seen == {"half", "brain", "double", "complex", "count", "flag", "text"}


def _with_table(directory: str) -> None:
    """An export that reads a variable and a table of numbers with fractions."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, 0.0, "table")
        key = v1.placeholder(tf.int64, [None], name="x")
        y = table.lookup(key) * v1.get_variable("w", [2], use_resource=True)
        saver = v1.train.Saver([*v1.global_variables(), table])
        session.run([v1.global_variables_initializer(), table.insert([1, 2], [2.0, 3.0])])
        info = v1.saved_model.utils.build_tensor_info
        signature = v1.saved_model.build_signature_def({"x": info(key)}, {"y": info(y)})
        builder = v1.saved_model.Builder(directory)
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": signature}, saver=saver
        )
        builder.save()


def test_a_table_is_that_of_the_newest_checkpoint(tmp_path: Path) -> None:
    _with_table(str(tmp_path / "export"))
    own = read_bundle(str(tmp_path / "export" / VARIABLES))
    (values,) = (key for key in own if key.endswith("-values"))
    bundles = {
        step: own | {"w": np.float32([step, 0]), values: own[values] * np.float32(step)}
        for step in (1, 2)
    }
    sources = {}
    for step, bundle in bundles.items():
        prefix = str(tmp_path / f"ckpt-{step}")
        write_bundle(prefix, bundle)
        sources[step] = ModelSource(f"step-{step}", SavedModel(str(tmp_path / "export")), prefix)
    exported = _exported(_made(sources, [1, 2], tmp_path / "averages"), tmp_path / "written")
    assert exported["w"].tolist() == [1.5, 0]
    assert exported[values].tobytes() == bundles[2][values].tobytes()


@pytest.mark.parametrize(
    ("build", "save", "export"),
    [
        pytest.param(keras_run.sequential, keras_run.callback, keras_run.keras_save, id="kept"),
        pytest.param(keras_run.sequential, keras_run.manager, keras_run.wrapped, id="by objects"),
        pytest.param(keras_run.Module, keras_run.itself, keras_run.wrapped, id="module"),
    ],
)
def test_a_keras_model_predicts_as_the_average(
    build: Callable, save: Callable, export: Callable, tmp_path: Path, examples: list[bytes]
) -> None:
    run = keras_run.make(tmp_path, build, save, export)
    sources = _sources(run)
    write_saved_model(_made(sources, [1, 2], tmp_path / "averages"), str(tmp_path / "written"))
    weights = []
    for step in (1, 2):
        run.restore(sources[step].weights)
        weights.append([variable.numpy() for variable in run.model.variables])
    for variable, *values in zip(run.model.variables, *weights, strict=True):
        variable.assign(_mean(values))
    expected = np.asarray(run.model(keras_run.parse(tf.constant(examples[:50]))))
    signature = tf.saved_model.load(str(tmp_path / "written")).signatures["serving_default"]
    served = signature(examples=tf.constant(examples[:50]))["probability"].numpy()
    np.testing.assert_allclose(served, expected, rtol=1e-6)


def _moved(run: EstimatorRun, folder: Path) -> EstimatorRun:
    """Checkpoints whose moving averages are what is exported, under the plain names."""
    shutil.copytree(run.model_run, folder / "run")
    suffix = "/ExponentialMovingAverage"
    exported = read_bundle(str(run.export / VARIABLES))
    for step in (0, 20, 40, 60):
        prefix = str(folder / "run" / f"model.ckpt-{step}")
        tensors = read_bundle(prefix)
        for key in exported.keys() - {"global_step"}:
            tensors[key + suffix] = tensors[key]
            tensors[key] = tensors[key] + np.float32(step + 1)
        write_bundle(prefix, tensors)
    return EstimatorRun(run.estimator, folder / "run", run.export)


def test_moving_averages_that_are_exported_are_averaged(
    trained: EstimatorRun, tmp_path: Path
) -> None:
    run = _moved(trained, tmp_path)
    source = _made(_sources(run), [40, 60], tmp_path / "averages")
    plain = _made(_sources(trained), [40, 60], tmp_path / "plain")
    assert source.digest == plain.digest


STATISTICS = "the moving statistics of a normalisation cannot be averaged"


def test_batch_normalisation_is_refused(tmp_path: Path) -> None:
    run = keras_run.make(tmp_path, keras_run.nested, keras_run.manager, keras_run.saved_model)
    reason = _reason(_sources(run), [1, 2], tmp_path / "averages")
    assert reason.startswith(f"{STATISTICS}, and computing them anew needs the training data: ")
    assert "moving_mean" in reason


def test_statistics_that_do_not_change_are_averaged(tmp_path: Path) -> None:
    def frozen(directory: Path, model: Any) -> Callable[[str], None]:
        for step in keras_run.STEPS:
            keras_run.set_weights(model, step)
            for variable in model.non_trainable_variables:
                variable.assign(tf.fill(variable.shape, 0.5))
            tf.train.Checkpoint(model).write(str(directory / f"ckpt-{step}"))
        return lambda prefix: None

    run = keras_run.make(tmp_path, keras_run.nested, frozen, keras_run.saved_model)
    exported = _exported(_made(_sources(run), [1, 2], tmp_path / "averages"), tmp_path / "written")
    moving = [value for key, value in exported.items() if "moving_" in key]
    assert moving
    assert all(np.all(value == np.float32(0.5)) for value in moving)


class _Branch(tf.Module):
    """Normalises in a branch, by variables whose names do not tell."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = tf.Variable(tf.zeros([3])), tf.Variable(tf.ones([3]))

    @tf.function(input_signature=[tf.TensorSpec([2, 2, 2, 3], tf.float32)])
    def serve(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        """Predicts."""
        if tf.reduce_sum(x) > 0:
            x, *_ = tf.compat.v1.nn.fused_batch_norm(
                x, tf.ones([3]), tf.zeros([3]), self.a, self.b, is_training=False
            )
        return {"y": x}


def test_a_normalisation_that_the_graph_hides_is_refused(tmp_path: Path) -> None:
    model = _Branch()
    (tmp_path / "run").mkdir()
    for step in (1, 2):
        model.a.assign([step, 2.0 * step, 3.0 * step])
        tf.train.Checkpoint(model).write(str(tmp_path / "run" / f"ckpt-{step}"))
    export = tmp_path / "export"
    tf.saved_model.save(model, str(export), signatures={"serving_default": model.serve})
    run = keras_run.KerasRun(model, tmp_path / "run", export, lambda _: None)
    assert _reason(_sources(run), [1, 2], tmp_path / "averages") == (
        "its graph does not tell which variables are moving statistics of a normalisation, which "
        "cannot be averaged"
    )
