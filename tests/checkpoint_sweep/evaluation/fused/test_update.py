"""While a batch is summed, the next one is predicted; errors are what they would be without."""

import dataclasses
from types import SimpleNamespace

import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma

from checkpoint_sweep.evaluation import data_errors
from checkpoint_sweep.evaluation.aggregate import running_state
from checkpoint_sweep.evaluation.aggregate.state import MetricState
from checkpoint_sweep.evaluation.fused import update, update_ahead
from checkpoint_sweep.evaluation.fused.loading import release
from checkpoint_sweep.evaluation.fused.pieces import pieces
from checkpoint_sweep.evaluation.inputs.parts import Part, ReadingError, UnreadParts
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import tfrecords

CONFIG = 'model_specs { label_key: "y" } metrics_specs { metrics { class_name: "AUC" } }'
BAD = b"bad"


class _Predictor:
    """Predicts a half for each example, and remembers what it was asked for."""

    def __init__(self):
        self.input_specs = {"examples": tf.TensorSpec([None], tf.string)}
        self.asked = []

    def predict(self, inputs):
        examples = inputs["examples"]
        self.asked.append(len(examples))
        if BAD in examples:
            raise tf.errors.InvalidArgumentError(None, None, "Could not parse an example")
        return [{"predictions": tf.fill([len(examples), 1], 0.5).numpy()}]


def _batch(size, raw=b"good"):
    floats, binary = pa.large_list(pa.float32()), pa.large_list(pa.large_binary())
    columns = [pa.array([[1.0]] * size, floats), pa.array([[raw]] * size, binary)]
    return pa.RecordBatch.from_arrays(columns, ["y", tfma.ARROW_INPUT_COLUMN])


@pytest.fixture
def predictor():
    return _Predictor()


@pytest.fixture
def make(predictor, tmp_path):
    """Makes a step of a class, set up."""
    source = ModelSource("one", SavedModel(str(tmp_path / "none")), str(tmp_path / "none"))
    made = []

    def make(kind):
        step = kind(
            tfma_oracle.config(CONFIG), {}, [source], "serving_default", 4, lambda *_: predictor
        )
        step.setup()
        made.append(step)
        return step

    yield make
    for step in made:
        step.teardown()
    release()


@pytest.fixture
def step(make):
    return make(update.Update)


@pytest.fixture
def ahead(make):
    step = make(update_ahead.UpdateAhead)
    step.start_bundle()
    return step


def _sizes(elements):
    states = list(elements)
    assert all(isinstance(state, MetricState) for state in states)
    return [state.examples for state in states]


@pytest.mark.parametrize(
    ("rows", "batch_size", "least", "expected"),
    [
        (0, 4, 1, []),
        (3, 4, 1, [3]),
        (4, 4, 2, [4]),
        (10, 4, 2, [3, 3, 4]),
        (2047, 4096, 2, [2047]),
        (2048, 4096, 2, [1024, 1024]),
        (2048, 4096, 1, [2048]),
        (5000, 4096, 1, [2500, 2500]),
        (5000, 4096, 2, [2500, 2500]),
        (1, 1, 2, [1]),
    ],
)
def test_a_record_batch_is_cut_into_batches(rows, batch_size, least, expected):
    bounds = pieces(rows, batch_size, least)
    assert [stop - start for start, stop in bounds] == expected
    assert not bounds or (bounds[0][0], bounds[-1][1]) == (0, rows)


def test_a_record_batch_has_a_state_when_it_is_done(step, predictor):
    assert _sizes(step.process(_batch(3))) == [3]
    assert _sizes(step.process(_batch(10))) == [10]
    assert _sizes(step.process(_batch(0))) == []
    assert predictor.asked == [3, 3, 3, 4]


@pytest.fixture
def unread(tmp_path):
    """A file of 10 examples and one of 3, unread, in RecordBatches of 4."""
    example = tf.train.Example()
    example.features.feature["y"].float_list.value.append(1)
    serialized = example.SerializeToString()
    paths = [tfrecords.write(tmp_path / f"of-{n}", [serialized] * n) for n in (10, 3)]
    return UnreadParts(tuple(Part(path, file=file) for file, path in enumerate(paths)), None, 4)


def test_unread_parts_have_one_state(step, predictor, unread):
    assert _sizes(step.process(unread)) == [13]
    assert _sizes(step.process(_batch(2))) == [2]
    assert predictor.asked == [4, 4, 2, 3, 2]


def test_unread_parts_without_examples_have_no_state(step, unread):
    nothing = dataclasses.replace(unread, kept=lambda batch: batch.slice(0, 0))
    assert _sizes(step.process(nothing)) == []


def test_a_damaged_file_of_unread_parts_is_named(step, unread):
    damaged = unread.parts[1].path
    with open(damaged, "ab") as file:
        file.write(b"no record" * 9)
    with pytest.raises(ReadingError, match=f"^{damaged} cannot be read: "):
        list(step.process(unread))


def test_a_bundle_with_unread_parts_has_one_state(ahead, unread):
    assert _sizes(ahead.process(unread)) == []
    assert _sizes(ahead.process(_batch(2))) == []
    assert [given.value.examples for given in ahead.finish_bundle()] == [15]


@pytest.mark.parametrize("in_files", [False, True])
def test_the_next_batch_is_predicted_before_one_is_summed(
    in_files, step, predictor, unread, monkeypatch
):
    asked = []

    def merge(self, state):
        step.teardown()  # waits for what was asked of the thread
        asked.append(list(predictor.asked))
        raise KeyboardInterrupt

    monkeypatch.setattr(running_state.RunningState, "merge", merge)
    with pytest.raises(KeyboardInterrupt):
        list(step.process(unread if in_files else _batch(8)))
    assert asked == [[4, 4]]


def test_a_bundle_has_one_state(ahead, predictor):
    assert _sizes(ahead.process(_batch(3))) == []
    assert _sizes(ahead.process(_batch(10))) == []
    assert [given.value.examples for given in ahead.finish_bundle()] == [13]
    assert list(ahead.finish_bundle()) == []
    assert predictor.asked == [3, 3, 3, 4]


def test_the_first_batch_of_a_record_batch_is_predicted_before_the_last_is_summed(
    ahead, predictor, monkeypatch
):
    asked = []
    merge = running_state.RunningState.merge

    def merge_and_look(self, state):
        ahead.teardown()  # waits for what was asked of the thread
        asked.append(list(predictor.asked))
        merge(self, state)

    monkeypatch.setattr(running_state.RunningState, "merge", merge_and_look)
    assert _sizes(ahead.process(_batch(3))) == []
    assert _sizes(ahead.process(_batch(2))) == []
    assert asked == [[3, 2]]


def test_a_batch_left_by_a_failed_bundle_is_forgotten(ahead):
    assert _sizes(ahead.process(_batch(3))) == []
    ahead.start_bundle()
    assert list(ahead.finish_bundle()) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("FnApiRunner", update_ahead.UpdateAhead),
        ("PortableRunner", update_ahead.UpdateAhead),
        pytest.param("DaskRunner", update.Update, id="loses what is given when a bundle ends"),
    ],
)
def test_a_runner_gets_the_step_whose_results_it_keeps(name, expected):
    pipeline = SimpleNamespace(runner=type(name, (), {})())
    assert update_ahead.update_for(pipeline) is expected


def test_a_batch_on_which_the_models_fail_is_an_error_of_one_sentence(step):
    with pytest.raises(
        data_errors.EvaluationError,
        match=r"^The exported model cannot predict on these examples: Could not parse an example",
    ):
        list(step.process(_batch(2, BAD)))
    assert _sizes(step.process(_batch(1))) == [1]


def test_used_up_memory_is_not_blamed_on_the_examples(step, predictor):
    def predict(inputs):
        raise MemoryError

    predictor.predict = predict
    with pytest.raises(MemoryError):
        list(step.process(_batch(2)))
