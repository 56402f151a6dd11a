"""What the first tasks of a run find, refuse and copy."""

import json
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import ConfigError
from pipeline.kubeflow.task import baseline, inputs, settings_check
from pipeline.kubeflow.task.inputs import DataError
from pipeline.kubeflow.task.mounts import MOUNTS_VARIABLE
from pipeline.kubeflow.task.serving_folder import BaselineError
from tests.pipeline.kubeflow.conftest import DATA, VALUES, VERTEX_VALUES

Json = dict[str, Any]


class Pod:
    """Runs the two tasks as in a pod, with data in place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "minio/mlpipeline/taxi"
        self.data.mkdir(parents=True)
        (self.data / "data.csv").write_text("fare\n1\n")
        self.serving = folder / "serving"

    def version(self, name: str, content: str = "graph") -> Path:
        """Writes a model below the serving folder."""
        model = self.serving / name
        (model / "variables").mkdir(parents=True)
        (model / "saved_model.pb").write_text(content)
        (model / "variables/variables.index").write_text(content)
        return model

    def look(self, baseline_name: str, **values: Any) -> Json:
        """The outputs of the task Inputs; `baseline_name` "serving" is the folder pushed to."""
        name = str(self.serving) if baseline_name == "serving" else baseline_name
        destination = json.dumps({"filesystem": {"base_directory": str(self.serving)}})
        given = VALUES | {"baseline": name, "push_destination": destination} | values
        names = ("data_content", "model_content", "model_source")
        outputs = {n: {"outputFile": str(self.folder / "out" / n)} for n in names}
        task = {
            "inputs": {"parameterValues": given, "artifacts": {"data": {}}},
            "outputs": {"parameters": outputs},
        }
        compiled = ["--problem=taxi", "--compiled", json.dumps(VALUES)]
        inputs.main([*compiled, "--executor_input", json.dumps(task)])
        return {n: Path(output["outputFile"]).read_text() for n, output in outputs.items()}

    def copy(self, source: str) -> tuple[Path, Json]:
        """The folder that the task Baseline writes, and what it says of it."""
        uri = "minio://mlpipeline/run/model"
        output = self.folder / "out/executor_output.json"
        task = {
            "inputs": {"parameterValues": {"model_source": source}},
            "outputs": {
                "artifacts": {"model": {"artifacts": [{"name": "model", "uri": uri}]}},
                "outputFile": str(output),
            },
        }
        baseline.main(["--executor_input", json.dumps(task)])
        (said,) = json.loads(output.read_text())["artifacts"]["model"]["artifacts"]
        return self.folder / "minio/mlpipeline/run/model", said


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pod:
    monkeypatch.setenv(MOUNTS_VARIABLE, str(tmp_path))
    return Pod(tmp_path)


def test_the_newest_whole_version_of_what_was_pushed_is_the_baseline(pod: Pod) -> None:
    for name in ("9", "10"):
        pod.version(name)
    (pod.serving / "11.partial").mkdir()
    (pod.serving / "12").mkdir()
    assert pod.look("serving")["model_source"] == str(pod.serving / "10")


def test_there_is_no_baseline_before_the_first_push(pod: Pod) -> None:
    found = pod.look("serving")
    assert (found["model_source"], found["model_content"]) == ("none", "none")


def test_an_empty_baseline_stands_for_none_whatever_was_pushed(pod: Pod) -> None:
    pod.version("9")
    assert pod.look(VALUES["baseline"])["model_source"] == "none"


@pytest.mark.parametrize("within", ["", "Format-Serving"])
def test_a_model_and_a_model_artifact_are_taken_as_they_are(pod: Pod, within: str) -> None:
    model = pod.version(f"other/{within}".rstrip("/"))
    assert pod.look(str(pod.serving / "other"))["model_source"] == str(model)


def test_a_wrong_baseline_is_refused(pod: Pod) -> None:
    with pytest.raises(BaselineError, match=r"no model at .*elsewhere"):
        pod.look(str(pod.folder / "elsewhere"))
    (pod.serving / "notes").mkdir(parents=True)
    with pytest.raises(BaselineError, match="no numbered version with one; there is: notes"):
        pod.look("serving")


def test_data_that_is_not_there_is_refused(pod: Pod) -> None:
    (pod.data / "data.csv").unlink()
    with pytest.raises(DataError, match=DATA):
        pod.look(VALUES["baseline"])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": 10}, "leave none to choose from"),
        ({"select_by": "acu"}, "--select-by=acu"),
        ({"direction": "up"}, "no direction 'up'"),
        ({"engine": "fast"}, "no engine 'fast'"),
    ],
)
def test_settings_that_cannot_work_are_refused(pod: Pod, values: Json, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        pod.look(VALUES["baseline"], **values)


@pytest.mark.parametrize(
    ("values", "refused"),
    [({}, nullcontext()), ({"select_by": "acu"}, pytest.raises(ConfigError, match="=acu"))],
)
def test_vertexs_first_task_refuses_settings_too(
    values: Json, refused: AbstractContextManager[Any]
) -> None:
    task = {"inputs": {"parameterValues": VERTEX_VALUES | values}}
    compiled = ["--problem=taxi", "--compiled", json.dumps(VERTEX_VALUES)]
    with refused:
        settings_check.check(
            settings_check.parse([*compiled, "--executor_input", json.dumps(task)], "")
        )


def test_the_digest_of_the_data_changes_exactly_when_a_file_does(pod: Pod) -> None:
    pod.version("9")
    before = pod.look("serving")
    assert pod.look("serving") == before
    (pod.data / "data.csv").write_text("fare\n2\n")
    after = pod.look("serving")
    assert after["data_content"] != before["data_content"]
    assert after["model_content"] == before["model_content"]
    (pod.serving / "9/variables/variables.index").write_text("other")
    assert pod.look("serving")["model_content"] != before["model_content"]


def test_the_baseline_is_copied_and_says_what_it_is_a_copy_of(pod: Pod) -> None:
    model = pod.version("9")
    folder, said = pod.copy(str(model))
    files = [p.relative_to(model) for p in model.rglob("*") if p.is_file()]
    copies = [(folder / "Format-Serving" / f).read_bytes() for f in files]
    assert copies == [(model / f).read_bytes() for f in files]
    assert said["metadata"] == {"source": str(model)}


def test_without_a_baseline_the_artifact_is_empty_and_says_so(pod: Pod) -> None:
    folder, said = pod.copy("none")
    assert not folder.exists()
    assert said["metadata"] == {"source": "none"}
