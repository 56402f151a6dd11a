"""Metrics that look at all examples of a query together."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow_model_analysis as tfma

from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import passthrough_model

pytestmark = pytest.mark.slow

CONFIG = """
    model_specs { %s label_key: "y" example_weight_key: "w" }
    slicing_specs {} slicing_specs { feature_keys: "s" }
    metrics_specs { metrics { class_name: "AUC" } metrics { class_name: "ExampleCount" } }
    metrics_specs {
      query_key: "q"
      metrics { class_name: "QueryStatistics" }
      metrics { class_name: "NDCG" config: '"gain_key": "gain", "top_k_list": [1, 2]' }
    }
    metrics_specs { query_key: "city" metrics { class_name: "MinLabelPosition" } }
"""
ONLY_QUERIES = """
    model_specs { %s label_key: "y" }
    metrics_specs { query_key: "q" metrics { class_name: "QueryStatistics" } }
"""


def _rows() -> list[passthrough_model.Row]:
    random = np.random.default_rng(11)
    rows = []
    for _ in range(31):
        query = int(random.integers(0, 6))
        row = {
            "p": [float(random.random())],
            "y": [float(random.integers(0, 2))],
            "gain": [float(random.integers(0, 4))],
            "w": [0.5 + query % 2],
            "q": [f"query {query}"],
            "city": [query % 2],
            "s": ["a" if query < 3 else "b"],
        }
        rows.append(row)
    return rows


@pytest.mark.parametrize("config", [CONFIG, ONLY_QUERIES], ids=["beside others", "alone"])
@pytest.mark.parametrize("baseline", [False, True])
def test_metrics_by_query_equal_stock_tfmas(config: str, baseline: bool, tmp_path: Path) -> None:
    data = passthrough_model.write_examples(tmp_path / "data", _rows())
    model = passthrough_model.write_model(tmp_path / "model")
    other = passthrough_model.write_model(tmp_path / "other", scale=-1.0)
    deployed = passthrough_model.write_model(tmp_path / "deployed", scale=0.5) if baseline else None
    names = ['name: "candidate"', 'name: "baseline" is_baseline: true'] if baseline else [""]
    metric = 'metrics { class_name: "MinLabelPosition" }'
    first = config % names[0]
    if baseline:  # Stock TFMA cannot compute these with two models.
        statistics = 'metrics { class_name: "QueryStatistics" }'
        first = first.replace(statistics, "" if config == CONFIG else metric)
    text = first + "".join(
        line % name for name in names[1:] for line in config.splitlines() if "model_specs" in line
    )
    parsed = tfma_oracle.config(text, baseline=baseline)
    outputs = tfma_oracle.run_engine(
        data, parsed, [model, other], str(tmp_path / "engine"), deployed, batch_size=8
    )
    for source, ours in zip((model, other), outputs, strict=True):
        stock = tfma_oracle.run_tfma(
            data, parsed, source, str(tmp_path / "tfma" / source.name), deployed
        )
        assert _records(stock) == pytest.approx(_records(ours), rel=1e-6, nan_ok=True)


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_examples_without_the_query_key_are_one_query_however_they_are_batched(
    batch_size: int, tmp_path: Path
) -> None:
    rows: list[passthrough_model.Row] = [
        {"p": [0.8], "y": [0.0], "q": ["a"]},
        {"p": [0.9], "y": [1.0], "q": ["a"]},
        {"p": [0.2], "y": [1.0]},
        {"p": [0.3], "y": [0.0]},
        {"p": [0.4], "y": [0.0]},
        {"p": [0.5], "y": [1.0], "q": ["b"]},
    ]
    data = passthrough_model.write_examples(tmp_path / "data", rows)
    model = passthrough_model.write_model(tmp_path / "model")
    metrics = 'metrics_specs { query_key: "q" metrics { class_name: "MinLabelPosition" } }'
    config = tfma_oracle.config('model_specs { label_key: "y" }' + metrics)
    (output,) = tfma_oracle.run_engine(
        data, config, [model], str(tmp_path / "engine"), batch_size=batch_size
    )
    (value,) = _records(output).values()
    assert value == pytest.approx((1 + 3 + 1) / 3)


def _records(output: str) -> dict[str, float]:
    """All values of all records: a slice has one for each query key."""
    found: dict[str, float] = {}
    for record in tfma.load_metrics(output):
        for entry in record.metric_keys_and_values:
            value = entry.value
            key = f"{record.slice_key} {entry.key}"
            if value.HasField("double_value"):
                found[key] = value.double_value.value
            else:
                found[key] = float(len(value.SerializeToString()))
            assert value.ByteSize()
    assert found
    return found
