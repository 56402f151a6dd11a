"""Metrics of many slices and candidates at once are those of one slice after the other."""

import itertools

import numpy as np
import pytest

from checkpoint_sweep.errors import EvaluationError
from checkpoint_sweep.evaluation.aggregate import samples, sums
from checkpoint_sweep.evaluation.aggregate.derive import Derive
from checkpoint_sweep.evaluation.aggregate.slice_state import SliceState
from checkpoint_sweep.evaluation.plan import plan as plan_lib
from checkpoint_sweep.evaluation.plan.combiners.rows import to_columns, to_rows
from tests.checkpoint_sweep.evaluation import tfma_oracle

CANDIDATES = 3
CONFIG = """
    model_specs { label_key: "label" }
    options { min_slice_size { value: 3 } }
    metrics_specs {
      metrics { class_name: "ExampleCount" }
      metrics { class_name: "AUC" }
      metrics { class_name: "AUC" config: '"name": "coarse", "num_thresholds": 7' }
      metrics { class_name: "AUC" config: '"name": "low", "summation_method": "minoring"' }
      metrics { class_name: "AUCPrecisionRecall" }
      metrics { class_name: "AUCPrecisionRecall" config:
        '"name": "high", "summation_method": "majoring"' }
      metrics { class_name: "BinaryAccuracy" }
      metrics { class_name: "BinaryCrossEntropy" }
      metrics { class_name: "Calibration" }
      metrics { class_name: "CalibrationPlot" }
      metrics { class_name: "ConfusionMatrixPlot" }
      metrics { class_name: "F1Score" config: '"thresholds": [0.9, 0.1, 0.5]' }
      metrics { class_name: "MaxRecall" }
      metrics { class_name: "MeanLabel" }
      metrics { class_name: "MeanPrediction" }
      metrics { class_name: "MeanSquaredError" }
      metrics { class_name: "Precision" }
      metrics { class_name: "RecallAtPrecision" config: '"precision": 0.5' }
    }
"""


def _random_sums(leaf, generator, most):
    """Sums of all candidates of a slice: of each at most so many buckets, of some none."""
    buckets = leaf.vectorized.buckets
    codes = [
        candidate * buckets
        + np.sort(generator.choice(buckets, generator.integers(0, min(most, buckets) + 1), False))
        for candidate in range(CANDIDATES)
    ]
    found = np.concatenate(codes).astype(np.int64)
    values = generator.integers(0, 4, (found.size, leaf.vectorized.columns)) * 0.37
    return sums.Sums(found, np.sort(values, axis=1))


def _slices(plan, number, failed=()):
    generator = np.random.default_rng(0)
    return [
        SliceState(
            (("hour", one),),
            {samples.FULL: one},
            0.0,
            {
                index: {samples.FULL: _random_sums(leaf, generator, one)}
                for index, leaf in enumerate(plan.leaves)
                if (one + index) % 7
            },
            {},
            frozenset(failed),
            range(CANDIDATES),
        )
        for one in range(number)
    ]


def _derived(config, blocks):
    step = Derive(config, CANDIDATES)
    step.setup()
    with np.errstate(all="ignore"):
        return list(
            itertools.chain.from_iterable(found for b in blocks for found in step.process(b))
        )


def _plain(metrics):
    """Values that can be compared, by key; protos of plots as their bytes."""
    return {
        key: value.serialize() if hasattr(value, "serialize") else np.asarray(value).tolist()
        for key, value in metrics.items()
    }


@pytest.fixture(scope="module")
def config():
    return tfma_oracle.config(CONFIG)


@pytest.mark.parametrize("failed", [(), (1,)], ids=["all", "one-failed"])
def test_a_block_gives_what_its_slices_give(config, failed, monkeypatch):
    slices = _slices(plan_lib.make(config), 40, failed)
    together = _derived(config, [slices])
    monkeypatch.setattr("checkpoint_sweep.evaluation.aggregate.derive.BlockDerivation.takes", _no)
    one_by_one = _derived(config, [[one] for one in slices])
    assert [key for key, _ in together] == [key for key, _ in one_by_one]
    assert len(together) == 40 * (CANDIDATES - len(failed))
    for (_, found), (_, expected) in zip(together, one_by_one, strict=True):
        assert list(found) == list(expected)
        for key, value in _plain(expected).items():
            np.testing.assert_array_equal(_plain(found)[key], value, err_msg=str(key))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ('"curve": "PRC"', "'PRC' is not a valid AUCCurve"),
        ('"summation_method": "trapezoid"', "'trapezoid' is not a valid AUCSummationMethod"),
    ],
)
def test_what_tfma_does_not_know_is_refused(settings, reason):
    config = tfma_oracle.config(
        'model_specs { label_key: "label" } '
        f"metrics_specs {{ metrics {{ class_name: \"AUC\" config: '{settings}' }} }}"
    )
    with pytest.raises(EvaluationError, match=reason):
        _derived(config, [_slices(plan_lib.make(config), 3)])


def _no(*_):
    return False


def test_a_slice_that_is_not_all_in_arrays_is_derived_by_itself(config):
    plan = plan_lib.make(config)
    with_accumulators, other = _slices(plan, 6)[-2:]
    (index,) = [n for n, leaf in enumerate(plan.leaves) if "count" in str(leaf.computation.keys)][
        :1
    ]
    with_accumulators.fallback[index] = {(0, samples.FULL): (5.0,)}
    before = _derived(config, [_slices(plan, 6)[-2:]])
    after = _derived(config, [[with_accumulators, other]])
    changed = [
        (key.candidate, name.name)
        for (key, found), (_, then) in zip(after, before, strict=True)
        for name in found
        if name.name == "example_count" and found[name] != then[name]
    ]
    assert changed == [(0, "example_count")]


def test_small_slices_are_told(config):
    found = _derived(config, [_slices(plan_lib.make(config), 6)])
    told = {key.slice_key for key, _ in found if key.small}
    assert told == {(("hour", one),) for one in range(3)}


def test_rows_keep_keys_of_their_own():
    rows = [{"a": 1, "b": 2}, {"b": 3}, {"c": 4, "a": 5}]
    assert list(to_rows(to_columns(rows))) == [{"a": 1, "b": 2}, {"b": 3}, {"a": 5, "c": 4}]
