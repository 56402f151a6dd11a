"""Errors of narrow predictions are those of wide ones that rank the examples alike."""

import numpy as np
import pytest

from checkpoint_sweep.common.names import ModelNames
from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.selection.intervals import Estimate, estimate
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import passthrough_model

EXAMPLES = 2000
NARROW = 0.006  # Of 10,000 thresholds, sixty are left.
NARROWER = 0.0003  # And three.
CONFIG = """
    model_specs { label_key: "y" }
    slicing_specs {}
    metrics_specs {
      metrics { class_name: "AUC" %(any)s }
      metrics { class_name: "AUCPrecisionRecall" %(any)s }
      metrics { module: "checkpoint_sweep.metrics" class_name: "RankAUC" %(any)s }
      metrics { class_name: "Calibration" %(any)s }
      metrics { class_name: "PrecisionAtRecall" config: '"recall": 0.5' %(any)s }
      metrics { class_name: "F1Score" config: '"name": "f1_wide", "thresholds": [0.5]' %(any)s }
      metrics {
        class_name: "F1Score"
        config: '"name": "f1_narrow", "thresholds": [%(half)s]'
        %(any)s
      }
    }
"""
ANY = "threshold { value_threshold { lower_bound { value: -9 } } }"
HALF = NARROW / 2


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Estimate]]:
    """Of wide, narrow and narrower predictions of one ranking, by metric."""
    directory = tmp_path_factory.mktemp("narrow")
    rng = np.random.default_rng(0)
    logits = rng.normal(size=EXAMPLES)
    labels = rng.random(EXAMPLES) < 1 / (1 + np.exp(-0.9 * logits))
    rows = [
        {"p": [float(1 / (1 + np.exp(-x)))], "y": [int(y)]}
        for x, y in zip(logits, labels, strict=True)
    ]
    data = passthrough_model.write_examples(directory / "data", rows)
    models = [
        passthrough_model.write_model(directory / name, scale=scale)
        for name, scale in (("wide", 1.0), ("narrow", NARROW), ("narrower", NARROWER))
    ]
    eval_config = tfma_oracle.config(CONFIG % {"any": ANY, "half": HALF})
    outputs = tfma_oracle.run_engine(
        data,
        eval_config,
        models,
        str(directory / "out"),
        batch_size=EXAMPLES,
        tracked_metrics=find_tracked_metrics(eval_config, Selection("auc")),
    )
    return [
        {
            name.name: estimate(found.own)
            for (_, name), found in read_replicates(output, ModelNames()).items()
        }
        for output in outputs
    ]


@pytest.mark.parametrize(
    "metric", ["auc", "auc_precision_recall", "rank_auc", "precision_at_recall"]
)
def test_the_standard_error_is_that_of_wide_predictions(
    metric: str, errors: list[dict[str, Estimate]]
) -> None:
    wide, narrow, _ = (of_model[metric] for of_model in errors)
    assert narrow.value == pytest.approx(wide.value, abs=0.02)
    assert narrow.standard_error == pytest.approx(wide.standard_error, rel=0.15)
    assert narrow.caution is None


@pytest.mark.parametrize("metric", ["auc", "auc_precision_recall"])
def test_an_area_of_few_thresholds_is_cautioned(
    metric: str, errors: list[dict[str, Estimate]]
) -> None:
    caution = errors[2][metric].caution
    assert caution is not None
    assert "of positives and of negatives lie between the same two thresholds" in caution
    assert errors[2][metric].value < errors[0][metric].value - 0.01
    assert "RankAUC and RankAUCPrecisionRecall of checkpoint_sweep.metrics" in caution


def test_the_rank_area_is_the_same_at_any_scale(errors: list[dict[str, Estimate]]) -> None:
    wide, *narrow = (of_model["rank_auc"] for of_model in errors)
    for found in narrow:
        assert found.value == pytest.approx(wide.value, abs=1e-6)
        assert found.standard_error == pytest.approx(wide.standard_error, rel=1e-3)
        assert found.caution is None


@pytest.mark.parametrize(
    ("of_wide", "of_narrow", "factor"),
    [
        pytest.param("f1_wide", "f1_narrow", 1.0, id="F1 at a threshold in their midst"),
        pytest.param("calibration", "calibration", NARROW, id="calibration"),
    ],
)
def test_errors_are_on_the_scale_of_the_values(
    of_wide: str, of_narrow: str, factor: float, errors: list[dict[str, Estimate]]
) -> None:
    wide, narrow = errors[0][of_wide], errors[1][of_narrow]
    assert wide.standard_error is not None
    assert narrow.value == pytest.approx(factor * wide.value, rel=1e-4)
    assert narrow.standard_error == pytest.approx(factor * wide.standard_error, rel=1e-3)
    assert wide.caution is narrow.caution is None


def test_the_standard_error_of_the_area_is_that_of_hanley_and_mcneil(
    errors: list[dict[str, Estimate]],
) -> None:
    found = errors[1]["auc"].standard_error
    assert found is not None
    # About half of the examples are positive, and the area is 0.72: sqrt of equation 1.
    a, half = 0.72, EXAMPLES / 2
    q1, q2 = a / (2 - a), 2 * a**2 / (1 + a)
    variance = (a * (1 - a) + (half - 1) * (q1 + q2 - 2 * a**2)) / half**2
    assert 0.6 < found / np.sqrt(variance) < 1.5
