"""A metric is of the kind of its class, whatever the config names it."""

import sys
import types

import pytest
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.names import MetricName
from checkpoint_sweep.selection.metric_kinds import MetricKinds


def _kind(specs: str, metric: MetricName) -> str:
    return MetricKinds.of_config(text_format.Parse(specs, config_pb2.EvalConfig())).of(metric)


def _spec(class_name: str, config: str = "", more: str = "", module: str = "") -> str:
    return f"""metrics_specs {{ {more} metrics {{
      class_name: "{class_name}" config: '{config}' module: "{module}" }} }}"""


@pytest.mark.parametrize(
    ("specs", "metric", "kind"),
    [
        pytest.param(_spec("AUC"), ("", "", "auc"), "auc", id="default name"),
        pytest.param(_spec("AUC", '"name": "area"'), ("", "", "area"), "auc", id="renamed"),
        pytest.param(
            _spec("AUC", '{"name": "area"}', "binarize { class_ids: { values: 1 } }"),
            ("", "classId:1", "area"),
            "auc",
            id="of a class",
        ),
        pytest.param(
            _spec("BinaryCrossEntropy", '"name": "auc"'),
            ("", "", "auc"),
            "binary_crossentropy",
            id="with another's name",
        ),
        pytest.param(
            _spec("NDCG", '"name": "n", "more": {"a": {"b": 1}}'),
            ("", "", "n"),
            "ndcg",
            id="nested",
        ),
        pytest.param(
            _spec("RankAUC", '"name": "r"', module="checkpoint_sweep.metrics"),
            ("", "", "r"),
            "rank_auc",
            id="the library's",
        ),
        pytest.param(_spec("FPR"), ("", "", "fpr"), "fall_out", id="subclass"),
        pytest.param(_spec("AUC"), ("", "", "other"), "other", id="in no config"),
        pytest.param(_spec("MeanLabel"), ("", "", "mean_label"), "", id="no traits known"),
        pytest.param(
            _spec("AUC", '"name": "m"', 'output_names: "a"')
            + _spec("MeanSquaredError", '"name": "m"', 'output_names: "b"'),
            ("b", "", "m"),
            "mean_squared_error",
            id="by output",
        ),
        pytest.param(
            _spec("AUC", '"name": "m"') + _spec("MeanLabel", '"name": "m"'),
            ("", "", "m"),
            "",
            id="one name of two kinds",
        ),
        pytest.param(
            _spec("AUC", '"name": "m"', module="not.loaded"), ("", "", "m"), "auc", id="module"
        ),
    ],
)
def test_a_metric_is_of_the_kind_of_its_class(
    specs: str, metric: tuple[str, str, str], kind: str
) -> None:
    assert _kind(specs, MetricName(*metric)) == kind


def test_a_class_of_ones_own_is_of_the_kind_of_its_base(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(tfma.metrics.AUC):
        def __init__(self, name: str = "my_area") -> None:
            super().__init__(name=name)

    module = types.ModuleType("my_metrics")
    module.Mine = Mine  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "my_metrics", module)
    spec = _spec("Mine", module="my_metrics")
    assert _kind(spec, MetricName("", "", "my_area")) == "auc"
