"""The oracle is stock TFMA: its quick runner gives what Beam's own gives."""

from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import eager_beam, passthrough_model

CONFIG = """
model_specs { name: "candidate" label_key: "y" }
model_specs { name: "baseline" label_key: "y" is_baseline: true }
slicing_specs {} slicing_specs { feature_keys: "s" }
cross_slicing_specs { baseline_spec {} slicing_specs { feature_keys: "s" } }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "MeanAbsoluteError" }
  metrics {
    class_name: "BinaryAccuracy" threshold { value_threshold { lower_bound { value: 2 } } }
  }
  metrics { class_name: "AUC" config: '"num_thresholds": 20' }
  metrics { class_name: "ConfusionMatrixPlot" config: '"num_thresholds": 4' }
}
metrics_specs { query_key: "q" metrics { class_name: "MinLabelPosition" } }
"""
ROWS = [
    {"p": [0.1 + i / 9], "y": [i % 2 * 1.0], "s": ["ab"[i // 4]], "q": ["cde"[i % 3]]}
    for i in range(7)
]


@pytest.mark.slow
def test_results_are_those_of_beams_own_runner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = passthrough_model.write_examples(tmp_path / "data", ROWS)
    config = tfma_oracle.config(CONFIG, baseline=True)
    model, baseline = (
        passthrough_model.write_model(tmp_path / name, scale=scale)
        for name, scale in (("model", 1.0), ("base", 0.9))
    )
    found = []
    for name, make in (
        ("eager", eager_beam.pipeline),
        ("Beam's", lambda: beam.Pipeline(runner=FnApiRunner())),
    ):
        monkeypatch.setattr(eager_beam, "pipeline", make)
        monkeypatch.setattr(tfma_oracle, "_ANSWERED", {})
        output = tfma_oracle.run_tfma(data, config, model, str(tmp_path / name), baseline)
        found.append(tfma_oracle.load(output, "candidate"))
    assert found[0]["metrics"]
    assert found[0]["plots"]
    assert found[0]["validation"]["metricValidationsPerSlice"]
    assert tfma_oracle.differences(*found) == []
