"""With a margin, a threshold is met only if the bound meets it."""

import numpy as np
import pytest

from checkpoint_sweep.common.names import MetricName, SliceName
from checkpoint_sweep.evaluation.results.confident_thresholds import not_sure, within_intervals
from checkpoint_sweep.evaluation.results.replicates import JackknifeReplicates
from checkpoint_sweep.selection.replicates import Replicates
from tests.checkpoint_sweep.evaluation import tfma_oracle

CONFIG = """
    model_specs { name: "candidate" label_key: "y" }
    model_specs { name: "baseline" is_baseline: true label_key: "y" }
    metrics_specs { metrics { class_name: "AUC" per_slice_thresholds {
      slicing_specs { %s } threshold { %s } } } }
"""
CITY = 'feature_keys: "city"'
ALL = SliceName()
A = SliceName.of([("city", "a")])


def _replicates(value: float, each: int = 100) -> Replicates:
    """Of a mean whose buckets deviate by turns."""
    sides = np.where(np.arange(20) % 2, 1, -1) * 0.01 * np.sqrt(19) / 19
    return Replicates(value, tuple((value + sides).tolist()), (each,) * 20)


def _steady(value: float) -> Replicates:
    return Replicates(value, (value,) * 20, (100,) * 20)


AUC = MetricName("", "", "auc")
LOW = "value_threshold { lower_bound { value: 0.9 } }"
HIGH = "value_threshold { upper_bound { value: 0.9 } }"
HIGHER = "change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.01 } }"
LOWER = "change_threshold { direction: LOWER_IS_BETTER absolute { value: 0.01 } }"
RELATIVE = "change_threshold { direction: HIGHER_IS_BETTER relative { value: -0.1 } }"


@pytest.mark.parametrize(
    ("where", "threshold", "own", "baseline", "words"),
    [
        (ALL, LOW, _replicates(0.92), None, []),
        (ALL, LOW, _replicates(0.91), None, ["auc 0.91: at least 0.892"]),
        (ALL, HIGH, _replicates(0.88), None, []),
        (ALL, HIGH, _replicates(0.89), None, ["auc 0.89: at most 0.907"]),
        (ALL, HIGHER, _replicates(0.92), _steady(0.91), []),
        (ALL, HIGHER, _replicates(0.91), _steady(0.91), ["change of auc 0: at least"]),
        (ALL, HIGHER, _replicates(0.80), _replicates(0.80), []),
        (ALL, LOWER, _replicates(0.90), _steady(0.91), []),
        (ALL, LOWER, _replicates(0.91), _steady(0.91), ["change of auc"]),
        (ALL, RELATIVE, _replicates(0.85), _steady(0.9), []),
        (ALL, RELATIVE, _replicates(0.82), _steady(0.9), ["change of auc"]),
        (A, LOW, _replicates(0.91), None, ["auc on city=a 0.91: at least"]),
        (A, LOW, _replicates(0.91, each=3), None, ["only 60 examples"]),
        (A, LOW, Replicates(0.99, (float("nan"),) * 20, (1,) + (0,) * 19), None, ["too few"]),
    ],
)
def test_a_threshold_is_missed_if_the_bound_misses_it(
    where, threshold, own, baseline, words
) -> None:
    eval_config = tfma_oracle.config(CONFIG % (CITY if where else "", threshold), baseline=True)
    found = {(where, AUC): JackknifeReplicates(own, baseline)}
    sentences = not_sure(eval_config, found, 0.95)
    # The one-sided bound at 95% is the end of the interval at 90%.
    within = within_intervals(eval_config, found, 0.9)
    assert len(within) == sum("confidence" in text for text in sentences)
    assert all(" ± 0.017" in text and "(needs at " in text for text in within)
    assert len(sentences) == len(words), sentences
    for sentence, expected in zip(sentences, words, strict=True):
        assert expected in sentence


def test_a_metric_without_a_standard_error_misses_its_threshold() -> None:
    eval_config = tfma_oracle.config(CONFIG % ("", LOW), baseline=True)
    assert not_sure(eval_config, {}, 0.95) == ["auc, of which no standard error is known"]
    assert within_intervals(eval_config, {}, 0.95) == []
