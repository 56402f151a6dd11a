"""A short one of the trainings that `make watched` watches."""

from pathlib import Path

import pytest

from pipeline.problems.digits import data
from tests.support import tfx_artifacts
from tests.support.watched_training import KEPT, Training
from tests.watched import watch_training

pytestmark = pytest.mark.slow

# Without floors: after so short a training no checkpoint is good.
_CONFIG = """
model_specs { signature_name: "serving_default" label_key: "image/class/label" }
slicing_specs {}
metrics_specs { metrics {
  class_name: "SparseCategoricalCrossentropy"
  config: '"name": "cross_entropy"'
  threshold { change_threshold { direction: LOWER_IS_BETTER absolute { value: 9 } } }
} }
"""


def test_every_checkpoint_is_evaluated_once_and_the_choice_is_that_of_all(tmp_path: Path) -> None:
    serialized = data.examples(240)
    splits = {"train": serialized[:160], "eval": serialized[160:]}
    examples = tfx_artifacts.write_examples(tmp_path / "examples", splits).uri
    training = Training("digits", examples, None, 70, 10, str(tmp_path / "watch"))
    found = watch_training(training, [examples], 0.5, _CONFIG)
    assert found.broken == []
    assert found.chosen is not None
    assert found.saved == list(range(0, 71, 10))
    assert len(found.lags) == len(found.saved)
    kept = list(training.run.glob("model.ckpt-*.index"))
    assert len(kept) == KEPT
