"""Where TensorFlow has no Estimator: a sentence, and sweeps of what Estimators have left."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from checkpoint_sweep import sweep
from checkpoint_sweep.sweeping import estimator_bases
from tests.checkpoint_sweep.sweeping.conftest import files_in
from tests.support import estimator_run, taxi_data, taxi_examples

# Evaluated on Python 3.10 with TensorFlow 2.15.1 and TFMA 0.46: AUC by step.
EXPECTED = {0: 0.1354285714, 20: 0.8714285714, 40: 0.8738285714, 60: 0.8732571428}


def test_what_builds_on_an_estimator_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(estimator_bases, "tf", SimpleNamespace(__version__="2.21.0"))
    listener = estimator_bases.base("CheckpointSaverListener")
    with pytest.raises(estimator_bases.EstimatorError, match=r"2\.21\.0 has no tf\.estimator"):
        listener("estimator", patience=1)


def test_a_frozen_run_has_the_values_that_the_pinned_versions_give(tmp_path: Path) -> None:
    rows = pd.read_csv(taxi_data.write_made_up(tmp_path / "rows.csv", 200))
    examples = [taxi_examples.serialize(row, taxi_examples.INTEGERS) for _, row in rows.iterrows()]
    result = sweep(**files_in(tmp_path, estimator_run.frozen(), examples).arguments())
    values = {int(v.step): v.value for v in result.verdicts}
    assert values == pytest.approx(EXPECTED, rel=1e-6)
