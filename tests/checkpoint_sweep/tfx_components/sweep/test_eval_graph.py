"""The component computes the metrics of the model function in `Format-TFMA` of a Model artifact."""

from pathlib import Path

import pytest
import tensorflow_model_analysis as tfma

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.tfx_components.sweep.conftest import Sweep
from tests.support import eval_exports
from tests.support.estimator_run import EstimatorRun


@pytest.mark.slow
def test_the_choice_is_by_a_metric_of_format_tfma(
    trained: EstimatorRun, sweep: Sweep, tmp_path: Path
) -> None:
    made = eval_exports.for_tfma(trained.estimator, tmp_path / "made")
    made.rename(tmp_path / "made" / "Format-TFMA")
    selection = Selection("precision_at_1", direction=Direction.HIGHER_IS_BETTER)
    swept = sweep(
        trained, eval_model=tmp_path / "made", selection=selection.to_json(), first_step=60
    )
    (verdict,) = swept.verdicts["checkpoints"]
    result = tfma.load_eval_result(str(Path(swept.evaluation.uri) / "step-00000060"))
    overall = dict(result.slicing_metrics)[()]
    assert swept.verdicts["selection"]["output_name"] == "model_fn"
    assert verdict["value"] == overall["model_fn"][""]["precision_at_1"]["doubleValue"]
    assert verdict["standard_error"] > 0
