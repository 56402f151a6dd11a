"""The Keras model on a DataFrame of `examples/keras/`, swept as its document says."""

import runpy
from pathlib import Path

import pytest

from checkpoint_sweep import SweepOptions, sweep
from checkpoint_sweep.sweeping.drafting.draft import draft
from pipeline.problems.problem import repository


@pytest.mark.slow
def test_a_table_with_missing_values_is_drafted_for_and_swept(tmp_path: Path) -> None:
    example = repository() / "examples" / "keras" / "train_on_dataframe.py"
    runpy.run_path(str(example))["main"](str(tmp_path))
    examples = str(tmp_path / "eval.csv")
    assert ",," in Path(examples).read_text()
    drafted = draft(str(tmp_path / "export"), examples)
    assert drafted.problem == ""
    assert 'label_key: "bought"' in drafted.text
    config = tmp_path / "eval_config.pbtxt"
    config.write_text(drafted.text)
    result = sweep(
        str(tmp_path / "run"),
        str(tmp_path / "export"),
        SweepOptions(examples, str(config), drafted.select),
    )
    assert len(result.verdicts) == 10
    assert result.blessed
    assert result.decision is not None
    assert result.decision.winner is not None
    assert (result.decision.winner.value or 0) > 0.6
