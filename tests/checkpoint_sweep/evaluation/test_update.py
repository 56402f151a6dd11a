"""While a batch is summed, the next one is predicted; errors are what they would be without."""

import pyarrow as pa
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma

from checkpoint_sweep.evaluation import data_errors, merge, update
from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.checkpoint_sweep.evaluation import tfma_oracle

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
def step(predictor, tmp_path):
    source = ModelSource("one", str(tmp_path / "none"), str(tmp_path / "none"))
    step = update.Update(
        tfma_oracle.config(CONFIG), {}, [source], "serving_default", 4, lambda *_: predictor
    )
    step.setup()
    step.start_bundle()
    yield step
    step.teardown()
    update.release()


def _sizes(elements):
    states = [getattr(element, "value", element) for element in elements]
    assert all(isinstance(state, merge.State) for state in states)
    return [state.examples for state in states]


def test_each_batch_has_a_state_and_the_last_one_at_the_end_of_the_bundle(step, predictor):
    assert _sizes(step.process(_batch(3))) == []
    assert _sizes(step.process(_batch(10))) == [3, 4, 4]
    assert _sizes(step.process(_batch(1))) == [2]
    assert _sizes(step.finish_bundle()) == [1]
    assert _sizes(step.finish_bundle()) == []
    assert predictor.asked == [3, 4, 4, 2, 1]


def test_a_bundle_without_batches_has_no_state(step):
    assert _sizes(step.process(_batch(0))) == []
    assert _sizes(step.finish_bundle()) == []


@pytest.mark.parametrize("follows", [True, False])
def test_a_batch_on_which_the_models_fail_is_told_of_in_a_sentence(step, follows):
    assert _sizes(step.process(_batch(2, BAD))) == []
    with pytest.raises(
        data_errors.EvaluationError,
        match=r"^The exported model cannot predict on these examples: Could not parse an example",
    ):
        list(step.process(_batch(1)) if follows else step.finish_bundle())


def test_nothing_is_left_of_a_bundle_that_failed(step):
    assert _sizes(step.process(_batch(2, BAD))) == []
    step.start_bundle()
    assert _sizes(step.process(_batch(1))) == []
    assert _sizes(step.finish_bundle()) == [1]


def test_memory_that_is_used_up_is_no_fault_of_the_examples(step, predictor):
    def predict(inputs):
        raise MemoryError

    predictor.predict = predict
    assert _sizes(step.process(_batch(2))) == []
    with pytest.raises(MemoryError):
        list(step.finish_bundle())
