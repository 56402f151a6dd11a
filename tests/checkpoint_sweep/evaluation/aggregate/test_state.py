"""Sums and states do not depend on how the data is divided, nor on the order of merging."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from checkpoint_sweep.evaluation.aggregate import samples, slicing, sums
from checkpoint_sweep.evaluation.aggregate.batch_accumulator import sum_by_row
from checkpoint_sweep.evaluation.aggregate.slice_state import empty_sums, split_by_slice
from checkpoint_sweep.evaluation.aggregate.state import MetricState, StateAccumulator
from checkpoint_sweep.evaluation.plan import metric_inputs
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.combiners import thresholds
from tests.checkpoint_sweep.evaluation import tfma_oracle

CONFIG = """
    model_specs { label_key: "label" }
    metrics_specs {
      metrics { class_name: "ExampleCount" }
      metrics { class_name: "AUC" }
      metrics { class_name: "Precision" }
      metrics { class_name: "MeanPrediction" }
    }
"""
MODELS = 2
KEYS = [(), (("hour", 1),), (("hour", 2),), (("company", "taxi"),)]


@pytest.fixture(scope="module")
def the_plan():
    """The plan, without the long text with which hypothesis would print it."""
    return _quiet(plan_lib.make(tfma_oracle.config(CONFIG)))


def _quiet(made):
    kind = type("Quiet", (plan_lib.Plan,), {"__repr__": lambda self: "plan"})
    return kind(**vars(made))


@st.composite
def batches(draw):
    """Batches of examples: a label, predictions and the slices of each."""
    example = st.tuples(
        st.integers(0, 1),
        st.lists(st.integers(0, 64), min_size=MODELS, max_size=MODELS),
        st.sets(st.sampled_from(KEYS)),
    )
    return draw(st.lists(st.lists(example, max_size=4), min_size=1, max_size=6))


def _state(batch, the_plan):
    """The state of one batch, by the step that runs in the pipeline."""
    sets = sorted({tuple(sorted(keys, key=repr)) for _, _, keys in batch})
    row = np.array([sets.index(tuple(sorted(keys, key=repr))) for _, _, keys in batch], np.int64)
    rows = slicing.Rows(sets, row, np.arange(len(batch)))
    result = MetricState(
        [(samples.FULL, keys) for keys in sets],
        np.bincount(row, minlength=len(sets)),
        {},
        {},
        len(batch),
        np.zeros(MODELS, np.int64),
        {},
        np.bincount(row, weights=[label for label, _, _ in batch], minlength=len(sets)),
    )
    label = np.array([label for label, _, _ in batch], np.int64).reshape(-1, 1)
    prediction = np.array([p for _, p, _ in batch], np.float32).reshape(-1, MODELS).T / 64
    inputs = metric_inputs.Batch(
        len(batch), label, None, prediction, tfma_oracle.config(CONFIG).model_specs[0], ""
    )
    for index, leaf in enumerate(the_plan.leaves):
        contributions = leaf.vectorized.update(leaf.vectorized.inputs(inputs))
        result.sums[index] = sums.Sums.merge(
            [
                sum_by_row(
                    rows, [0, 1], MODELS, bucket, leaf.vectorized.buckets, columns, len(batch)
                )
                for bucket, columns in contributions
            ]
        )
    return result


def _totals(whole, the_plan):
    """Counts and TFMA accumulators by slice, leaf and model."""
    found = {}
    for part in split_by_slice(whole, the_plan.strides(MODELS), range(MODELS)):
        for index, leaf in enumerate(the_plan.leaves):
            for model in range(MODELS):
                buckets = leaf.vectorized.buckets
                block = part.sums[index][samples.FULL].block(model * buckets, (model + 1) * buckets)
                accumulator = leaf.vectorized.accumulator(block.codes, block.values)
                fields = getattr(leaf.vectorized, "fields", ())
                found[part.key, index, model] = (
                    part.counts[samples.FULL],
                    tuple(getattr(accumulator, field) for field in fields) or accumulator,
                )
    return found


@hypothesis.given(batches(), st.randoms())
@hypothesis.settings(deadline=None, max_examples=60)
def test_states_merge_to_the_same_in_any_split_and_order(the_plan, divided, random):
    strides = the_plan.strides(MODELS)
    whole = StateAccumulator(strides)
    whole.add(_state([example for batch in divided for example in batch], the_plan), the_plan)
    parts = []
    for batch in divided:
        part = StateAccumulator(strides)
        part.add(_state(batch, the_plan), the_plan)
        parts.append(part)
    while len(parts) > 1:
        random.shuffle(parts)
        other = parts.pop()
        parts[0].add(other.state(), the_plan)
    expected = _totals(whole.state().flatten(strides), the_plan)
    # Labels are 0 or 1 and predictions multiples of 1/64: all sums are exact.
    assert _totals(parts[0].state().flatten(strides), the_plan) == expected


@hypothesis.given(batches())
@hypothesis.settings(deadline=None, max_examples=20)
def test_an_empty_batch_is_an_identity(the_plan, divided):
    strides = the_plan.strides(MODELS)
    accumulator = StateAccumulator(strides)
    accumulator.add(_state(divided[0], the_plan), the_plan)
    before = _totals(accumulator.state().flatten(strides), the_plan)
    accumulator.add(_state([], the_plan), the_plan)
    accumulator.add(StateAccumulator(strides).state(), the_plan)
    assert _totals(accumulator.state().flatten(strides), the_plan) == before


def test_a_vectorized_combiner_makes_the_accumulator_of_no_examples(the_plan):
    for leaf in the_plan.leaves:
        empty = empty_sums(leaf)
        assert leaf.vectorized.output(empty.codes, empty.values).keys() == set(
            leaf.computation.keys
        )


@hypothesis.given(
    st.dictionaries(st.integers(0, 10_001), st.floats(0, 100), max_size=30),
    st.sampled_from(["num_thresholds: 200", "thresholds: 0.5", "thresholds: 0", "thresholds: 2"]),
)
@hypothesis.settings(deadline=None, max_examples=40)
def test_matrices_from_a_histogram_are_tfmas(buckets, given):
    from tensorflow_model_analysis.metrics import binary_confusion_matrices

    from checkpoint_sweep.evaluation.plan.combiners import rebinning

    name, value = given.split(": ")
    arguments = {name: int(value)} if name == "num_thresholds" else {name: [float(value)]}
    computation = binary_confusion_matrices.binary_confusion_matrices(
        **arguments, use_histogram=True
    )[-1]
    key = binary_confusion_matrices.binary_confusion_matrices(**arguments, use_histogram=True)[0]
    codes = np.array(sorted(buckets), np.int64)
    values = np.array([[buckets[c] / 4, 0.5, buckets[c]] for c in codes.tolist()]).reshape(-1, 3)
    histogram = thresholds.ArrayHistogram(codes, values)
    (expected,) = computation.result({key.keys[0]: list(histogram)}).values()
    (actual,) = rebinning.on_arrays(computation).result({key.keys[0]: histogram}).values()
    for part in ("thresholds", "tp", "tn", "fp", "fn"):
        np.testing.assert_allclose(
            getattr(actual, part), getattr(expected, part), rtol=1e-9, atol=1e-9
        )
