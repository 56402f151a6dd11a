"""A SavedModel of checkpoints and code: the code is that of the document."""

import doctest
import importlib
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from checkpoint_sweep import UserError, export_graph
from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.support.candidates import make_candidates
from tests.support.tensor_bundles import read_bundle

_DOCUMENT = Path(__file__).parents[3] / "docs" / "export-graph.md"
_NUMBERS = np.array([[-1.0], [0.5]], np.float32)


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Gives the modules of the document, which lie in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    pattern = r"<!-- (\w+)\.py -->\n```python\n(.+?)```"
    found = re.findall(pattern, _DOCUMENT.read_text(), re.DOTALL)
    for name, text in found:
        Path(tmp_path, f"{name}.py").write_text(text)
    yield importlib.import_module
    for name, _ in found:
        sys.modules.pop(name, None)


def _example(**values: Any) -> bytes:
    features = {}
    for name, value in values.items():
        if isinstance(value, bytes):
            kind = {"bytes_list": tf.train.BytesList(value=[value])}
        else:
            kind = {"float_list": tf.train.FloatList(value=[value])}
        features[name.replace("__", "/")] = tf.train.Feature(**kind)
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def _of_numbers() -> list[bytes]:
    return [_example(x=float(x)) for x in _NUMBERS[:, 0]]


def _predict(export: str, examples: list[bytes]) -> Any:
    serve = tf.saved_model.load(export).signatures["serving_default"]
    (output,) = serve(examples=tf.constant(examples)).values()
    return output.numpy()


def _check(run: str, export: str, count: int = 2) -> None:
    """Checks that a sweep could evaluate all checkpoints of the run."""
    checkpoints = find_checkpoints(run)
    assert len(make_candidates(SavedModel(export), checkpoints, checkpoints).sources) == count


def _averaged_logits(network: Callable[..., tf.Tensor], checkpoint: str, images: Any) -> Any:
    """Gives the logits by the averages of a checkpoint, and by its statistics of normalisation."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        logits = network(tf.constant(images), is_training=False)
        names = {
            f"{variable.op.name}/ExponentialMovingAverage"
            if variable.trainable
            else variable.op.name: variable
            for variable in tf.compat.v1.global_variables()
        }
        assert any("BatchNorm/moving_mean" in name for name in names)
        tf.compat.v1.train.Saver(names).restore(session, checkpoint)
        return session.run(logits)


def test_a_slim_network_is_trained_and_exported_with_its_averages(
    code: Callable[[str], ModuleType],
) -> None:
    slim, training = code("my_slim"), code("my_slim_training")
    pictures = np.random.default_rng(1).integers(0, 255, (6, 8, 8, 3)).astype(np.uint8)
    jpegs = [tf.io.encode_jpeg(picture).numpy() for picture in pictures]
    training.write("train.tfrecord", [(jpeg, i % 3) for i, jpeg in enumerate(jpegs)])
    training.train("train.tfrecord", "run", steps=3, every=1)
    assert export_graph("my_slim:classify", "run", "export", averages=True) == 3
    images = np.stack([slim.image_of(jpeg) for jpeg in jpegs])
    logits = _averaged_logits(slim.network, "run/model.ckpt-3", images)
    predicted = _predict("export", [_example(image__encoded=jpeg) for jpeg in jpegs])
    assert predicted == pytest.approx(tf.nn.softmax(logits).numpy(), rel=1e-5)
    _check("run", "export", 4)
    export_graph("my_slim:classify", "run", "plain", step=1)
    plain = read_bundle("plain/variables/variables")
    assert (plain["logits/biases"] == read_bundle("run/model.ckpt-1")["logits/biases"]).all()
    assert plain["global_step"] == 1


@pytest.mark.parametrize("function", ["network", "served"])
def test_a_model_fn_and_an_estimator_are_exported(
    function: str, code: Callable[[str], ModuleType]
) -> None:
    estimator = tf.estimator.Estimator(
        code("my_estimator").model_fn,
        config=tf.estimator.RunConfig("run", save_checkpoints_steps=1, log_step_count_steps=None),
    )
    data = {"x": _NUMBERS}, np.ones([2, 1], np.float32)
    estimator.train(lambda: tf.data.Dataset.from_tensors(data), max_steps=1)
    assert export_graph(f"my_estimator:{function}", "run", "export") == 1
    predicted = _predict("export", _of_numbers())
    weights = read_bundle("run/model.ckpt-1")
    logits = _NUMBERS * weights["logit/kernel"] + weights["logit/bias"]
    assert predicted == pytest.approx(1 / (1 + np.exp(-logits)), rel=1e-5)
    _check("run", "export")
    assert sorted(path.name for path in Path().glob("export*")) == ["export"]


@pytest.mark.parametrize(
    ("function", "wrapped"), itertools.product(["served", "build_model"], ["", "model", "net"])
)
def test_a_keras_model_is_exported(
    function: str, wrapped: str, code: Callable[[str], ModuleType]
) -> None:
    model = code("my_keras").build_model()
    saved = tf.train.Checkpoint(**{wrapped: model}) if wrapped else tf.train.Checkpoint(model)
    for step in (1, 2):
        model.set_weights([np.full([1, 1], step, np.float32), np.zeros([1], np.float32)])
        saved.write(f"run/ckpt-{step}")
    assert export_graph(f"my_keras:{function}", "run", "export") == 2
    if function == "served":
        expected = 1 / (1 + np.exp(-2 * _NUMBERS))
        assert _predict("export", _of_numbers()) == pytest.approx(expected, rel=1e-5)
    _check("run", "export")


def _dense(examples: tf.Tensor, units: int = 1) -> tf.Tensor:
    x = tf.io.parse_example(examples, {"x": tf.io.FixedLenFeature([1], tf.float32)})["x"]
    return tf.compat.v1.layers.dense(x, units, name="logit")


def _save_dense(run: str, step: int = 1) -> None:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        _dense(tf.compat.v1.placeholder(tf.string, [None]))
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver().save(session, f"{run}/model.ckpt", step)


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _save_dense("run", 4000)
    (example,) = doctest.DocTestFinder(recurse=False).find(export_graph, "example", globs={})
    assert doctest.DocTestRunner().run(example) == (0, len(example.examples))


def _in_other_scope(examples: tf.Tensor) -> tf.Tensor:
    with tf.compat.v1.variable_scope("tower"):
        return _dense(examples)


@pytest.mark.parametrize(
    ("function", "options", "words"),
    [
        (lambda examples: None, {}, "The function returns NoneType. Let it return a tensor"),
        (lambda examples: examples, {}, "The function makes no variable"),
        (lambda a, b: a, {}, "The function takes 2 arguments: a, b. Let it take"),
        (_in_other_scope, {}, "does not fit the graph of the function: it lacks tower/logit/bias"),
        (
            lambda examples: _dense(examples, 2),
            {},
            r"logit/bias is \[1\], not \[2\]; logit/kernel is \[1, 1\], not \[1, 2\]",
        ),
        (_dense, {"averages": True}, "has no moving averages: no tensor is named as logit/bias"),
        (_dense, {"step": 7}, "7"),
        (lambda: 1, {}, "The function returns int. Let it return a Keras model"),
        (lambda: tf.Module(), {}, "holds variables by their names, not the objects of a model"),
        (lambda: tf.Module(), {"averages": True}, "Averages are restored into the graph of"),
        ("network", {}, "'network' is not a function. Write module:function"),
        ("nowhere:f", {}, "'nowhere' cannot be imported: there is no module 'nowhere'"),
        ("math:f", {}, "The module 'math' has no function 'f'"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    function: Any, options: dict[str, Any], words: str, tmp_path: Path
) -> None:
    run, export = str(tmp_path / "run"), str(tmp_path / "export")
    _save_dense(run)
    with pytest.raises(UserError, match=words):
        export_graph(function, run, export, **options)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_link_that_leads_nowhere_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "export").symlink_to("gone")
    with pytest.raises(UserError, match=r"exists\. Name a folder"):
        export_graph(lambda examples: examples, "run", str(tmp_path / "export"))
    assert (tmp_path / "export").is_symlink()


def test_a_folder_that_exists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"exists\. Name a folder"):
        export_graph(_dense, str(tmp_path / "run"), str(tmp_path))


def test_checkpoints_of_objects_need_their_model(tmp_path: Path) -> None:
    tf.train.Checkpoint(v=tf.Variable(1.0)).write(str(tmp_path / "run" / "ckpt-1"))
    other = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=[1])])
    for function, words in (
        (_dense, "The checkpoint is of TensorFlow 2"),
        (lambda: other, "does not have all weights of the model: it holds v"),
    ):
        with pytest.raises(UserError, match=words):
            export_graph(function, str(tmp_path / "run"), str(tmp_path / "export"))
