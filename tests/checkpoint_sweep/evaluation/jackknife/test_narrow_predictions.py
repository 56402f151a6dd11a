"""Errors of narrow predictions are those of wide ones that rank the examples alike."""

import numpy as np
import pytest

from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.selection.intervals import Estimate, estimate
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import passthrough_model

EXAMPLES = 2000
SCALE = 0.003  # Of 10,000 thresholds, thirty are left.
CONFIG = """
    model_specs { label_key: "y" }
    slicing_specs {}
    metrics_specs {
      metrics { class_name: "AUC" %(any)s }
      metrics { class_name: "AUCPrecisionRecall" %(any)s }
    }
"""
ANY = "threshold { value_threshold { lower_bound { value: -9 } } }"


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Estimate]]:
    """Of wide and of narrow predictions, by metric."""
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
        for name, scale in (("wide", 1.0), ("narrow", SCALE))
    ]
    eval_config = tfma_oracle.config(CONFIG % {"any": ANY})
    outputs = tfma_oracle.run_engine(
        data,
        eval_config,
        models,
        str(directory / "out"),
        batch_size=EXAMPLES,
        tracked_metrics=find_tracked_metrics(eval_config, Selection("auc")),
    )
    return [
        {name[-1]: estimate(found.own) for (_, name), found in read_replicates(output).items()}
        for output in outputs
    ]


@pytest.mark.parametrize("metric", ["auc", "auc_precision_recall"])
def test_the_standard_error_is_that_of_wide_predictions(
    metric: str, errors: list[dict[str, Estimate]]
) -> None:
    wide, narrow = (of_model[metric] for of_model in errors)
    assert narrow.value == pytest.approx(wide.value, abs=0.02)
    assert narrow.standard_error == pytest.approx(wide.standard_error, rel=0.15)
    assert narrow.caution is None


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
