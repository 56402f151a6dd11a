"""The outputs that consoles show: declared, taken out, and filled, whatever stands in the way."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.kubeflow.console_outputs import TITLES, take_out
from pipeline.kubeflow.task import vertex_entrypoint
from pipeline.kubeflow.task.console import contents
from pipeline.kubeflow.task.console.card_page import card_page, no_page
from pipeline.kubeflow.task.console.fill import fill
from pipeline.kubeflow.task.console.system_metrics import classification_metrics
from tests.pipeline.kubeflow.conftest import Sdk
from tests.pipeline.kubeflow.task.console.test_system_metrics import CURVE

Json = dict[str, Any]
EVALUATION = {"instanceSchema": "title: tfx.ModelEvaluation\ntype: object\n"}


def test_artifact_types_and_metadata_are_those_of_the_kubeflow_sdk(sdk: Sdk) -> None:
    shown = classification_metrics([CURVE])
    keys = ("falsePositiveRate", "recall", "confidenceThreshold")
    matrix = shown["confusionMatrix"]
    given = {
        "titles": list(TITLES.values()),
        "curve": [[point[key] for point in shown["confidenceMetrics"]] for key in keys],
        "matrix": [
            [spec["displayName"] for spec in matrix["annotationSpecs"]],
            [row["row"] for row in matrix["rows"]],
        ],
    }
    done = sdk("tests.pipeline.kubeflow.task.console.sdk_artifacts", read=json.dumps(given))
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    shown.pop("confusionMatrixThreshold")
    assert made["metadata"] == shown
    assert made["classes"] == {title: title.removeprefix("system.") for title in TITLES.values()}


def _artifact(root: Path, key: str) -> Json:
    return {"name": f"projects/1/artifacts/{key}", "uri": f"{root}/{key}"}


def _executor_input(root: Path) -> Json:
    artifacts: Json = {
        key: {"artifacts": [_artifact(root, key) | {"type": {"schemaTitle": title}}]}
        for key, title in TITLES.items()
    }
    for key in ("evaluation", "blessing"):
        artifacts[key] = {"artifacts": [{"uri": f"{root}/{key}", "type": EVALUATION}]}
    return {"outputs": {"artifacts": artifacts, "outputFile": f"{root}/output.json"}}


def _executor_output(root: Path) -> Json:
    blessing = {"uri": f"{root}/blessing", "metadata": {"blessed": 1.0}}
    evaluation = {"uri": f"{root}/evaluation", "metadata": {}}
    return {
        "artifacts": {
            "blessing": {"artifacts": [blessing]},
            "evaluation": {"artifacts": [evaluation]},
        }
    }


def test_outputs_for_the_console_are_hidden_from_tfx(tmp_path: Path) -> None:
    given = _executor_input(tmp_path)
    assert take_out(given) == {key: _artifact(tmp_path, key) for key in TITLES}
    assert given["outputs"]["artifacts"].keys() == {"evaluation", "blessing"}
    assert take_out(given) == {}


@pytest.mark.parametrize(
    ("shows", "damaged"), [("sweep", "report.json"), ("evaluation", "eval_config.json")]
)
def test_a_report_that_cannot_be_read_leaves_a_page_that_says_why(
    shows: str, damaged: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / damaged).write_text("{")
    output = _executor_output(tmp_path)
    outputs = take_out(_executor_input(tmp_path))
    with caplog.at_level("WARNING"):  # Whatever level another test has left.
        fill(output, shows, outputs, executor_path=lambda uri: uri)
    for key in TITLES:
        said = _artifact(tmp_path, key) | {"metadata": {}}
        assert output["artifacts"][key] == {"artifacts": [said]}
    assert "There is nothing to show here: " in (tmp_path / "report").read_text()
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_a_page_that_cannot_be_written_does_not_fail_the_task(tmp_path: Path) -> None:
    output, outputs = _executor_output(tmp_path), take_out(_executor_input(tmp_path))
    (tmp_path / "report").mkdir()
    fill(output, "sweep", outputs, executor_path=lambda uri: uri)
    assert output["artifacts"].keys() == {"evaluation", "blessing", *TITLES}


def test_an_output_that_fails_leaves_the_others_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents.SweepContents, "metrics", lambda self: {"auc": 0.5})
    output, outputs = _executor_output(tmp_path), take_out(_executor_input(tmp_path))
    fill(output, "sweep", outputs, executor_path=lambda uri: uri)
    assert output["artifacts"]["metrics"]["artifacts"][0]["metadata"] == {"auc": 0.5}
    assert output["artifacts"]["classification_metrics"]["artifacts"][0]["metadata"] == {}


def test_on_vertex_outputs_are_filled_after_tfx_has_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

    seen = []

    def run(parsed: Any) -> None:
        seen.append((json.loads(parsed[0].json_serialized_invocation_args), parsed[1]))
        (tmp_path / "output.json").write_text(json.dumps(_executor_output(tmp_path)))

    monkeypatch.setattr(kubeflow_v2_run_executor, "main", run)
    vertex_entrypoint.main(
        [
            "--shows=evaluation",
            "--executor_class_path=a.B",
            "--json_serialized_inputs_spec_args={}",
            f"--json_serialized_invocation_args={json.dumps(_executor_input(tmp_path))}",
            "--runner=FnApiRunner",
        ]
    )
    ((executor_input, beam_args),) = seen
    assert executor_input["outputs"]["artifacts"].keys() == {"evaluation", "blessing"}
    assert beam_args == ["--runner=FnApiRunner"]
    written = json.loads((tmp_path / "output.json").read_text())
    assert written["artifacts"].keys() == {"evaluation", "blessing", *TITLES}


def test_a_model_card_is_rendered_and_its_html_escaped() -> None:
    page = card_page("# Model card\n\n| a | b |\n| --- | --- |\n| x\\|y | <script>1</script> |\n")
    assert "<h1>Model card</h1>" in page
    assert "<td>x|y</td>" in page
    assert "&lt;script&gt;1&lt;/script&gt;" in page
    assert "<script" not in page
    assert "&lt;b&gt;" in no_page("<b>")
