"""What pods get, from an option or a line of a file to the compiled documents."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.kubeflow.compile import pod_options
from pipeline.kubeflow.compile.pod_specs import set_pods, set_vertex_pods
from pipeline.kubeflow.compile.pods import Pod, PodError, Pods, amount
from pipeline.kubeflow.package import read
from tests.pipeline.kubeflow.conftest import ROOT, Judge

Json = dict[str, Any]

EVERYTHING = """
all:
  cpu: 1
  memory: 2G
  retries: 1
  env: {AWS_REGION: eu-west-1}
  secrets: {AWS_ACCESS_KEY_ID: store/accesskey, AWS_SECRET_ACCESS_KEY: store/secretkey}
  node_selector: {pool: cpu}
Trainer:
  cpu: 4
  cpu_request: 500m
  memory: 16Gi
  accelerator: nvidia.com/gpu:1
  node_selector: {pool: gpu}
  kubernetes:
    tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
    imagePullSecret: [{secretName: registry}]
Pusher:
  volumes: {/mnt: serving-claim}
  secret_volumes: {/secrets/gcp: gcp-key}
"""


@pytest.fixture
def everything(tmp_path: Path) -> Pods:
    path = tmp_path / "pods.yaml"
    path.write_text(EVERYTHING)
    return pod_options.from_file(path)


def _container(spec: Json, task: str) -> Json:
    container: Json = spec["deploymentSpec"]["executors"][f"{task}_executor"]["container"]
    return container


def test_settings_of_one_task_override_those_of_all(everything: Pods) -> None:
    trainer = everything.of("Trainer")
    assert (trainer.cpu, trainer.retries, trainer.env["AWS_REGION"]) == ("4", 1, "eu-west-1")
    assert trainer.node_selector == {"pool": "gpu"}
    assert everything.of("Transform").node_selector == {"pool": "cpu"}


def test_options_and_a_file_give_the_same_pods(tmp_path: Path) -> None:
    said = pod_options.from_options(
        resources=["cpu=1,memory=2G", "Trainer:cpu=4,accelerator=nvidia.com/gpu:1"],
        retries=["1", "Trainer:2"],
        env=["URL=http://store:9000/a=b", "Trainer:A=1"],
        secret=["KEY=store/accesskey", "Pusher:/secrets/gcp=gcp-key"],
        volume=["Pusher:/mnt=claim"],
    )
    path = tmp_path / "pods.yaml"
    path.write_text(
        """
        all: {cpu: 1, memory: 2G, retries: 1, env: {URL: "http://store:9000/a=b"},
              secrets: {KEY: store/accesskey}}
        Trainer: {cpu: 4, accelerator: "nvidia.com/gpu:1", retries: 2, env: {A: "1"}}
        Pusher: {secret_volumes: {/secrets/gcp: gcp-key}, volumes: {/mnt: claim}}
        """
    )
    assert said == pod_options.from_file(path)


def test_every_setting_reaches_the_documents_and_conforms(
    spec: Json, values: Json, everything: Pods, judge: Judge
) -> None:
    platform = set_pods(spec, everything)
    assert _container(spec, "Trainer")["resources"] == {
        "cpuLimit": 4.0,
        "resourceCpuLimit": "4",
        "cpuRequest": 0.5,
        "resourceCpuRequest": "500m",
        "memoryLimit": pytest.approx(17.179869184),
        "resourceMemoryLimit": "16Gi",
        "memoryRequest": pytest.approx(17.179869184),
        "resourceMemoryRequest": "16Gi",
        "accelerator": {
            "type": "nvidia.com/gpu",
            "count": "1",
            "resourceType": "nvidia.com/gpu",
            "resourceCount": "1",
        },
    }
    assert _container(spec, "Inputs")["env"] == [{"name": "AWS_REGION", "value": "eu-west-1"}]
    assert spec["root"]["dag"]["tasks"]["Trainer"]["retryPolicy"]["maxRetryCount"] == 1
    configs = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    keys = [
        {"secretKey": "accesskey", "envVar": "AWS_ACCESS_KEY_ID"},
        {"secretKey": "secretkey", "envVar": "AWS_SECRET_ACCESS_KEY"},
    ]
    assert configs["Pusher_executor"] == {
        "secretAsEnv": [{"secretName": "store", "keyToEnv": keys}],
        "secretAsVolume": [{"secretName": "gcp-key", "mountPath": "/secrets/gcp"}],
        "pvcMount": [{"constant": "serving-claim", "mountPath": "/mnt"}],
        "nodeSelector": {"labels": {"pool": "cpu"}},
    }
    assert configs["Trainer_executor"]["tolerations"][0]["operator"] == "Exists"
    assert "Data_executor" not in configs
    run = {"spec": spec, "values": values, "root": ROOT, "platform": platform}
    assert judge([run]) == [""]


def test_a_pipeline_without_settings_is_one_document(compiled: dict[str, Path]) -> None:
    assert len(list(yaml.safe_load_all(compiled["kubeflow"].read_text()))) == 1
    package = read(compiled["pushing"])
    assert package.platform.keys() == {"platforms"}
    assert package.spec["pipelineInfo"]["name"] == "taxi"


def test_vertex_refuses_settings_of_kubernetes(spec: Json) -> None:
    set_vertex_pods(spec, Pods({"Trainer": Pod(cpu="4", retries=2, env={"A": "1"})}))
    assert _container(spec, "Trainer")["resources"]["cpuLimit"] == 4.0
    with pytest.raises(PodError, match="Vertex AI has no secrets"):
        set_vertex_pods(spec, Pods({"all": Pod(secrets={"KEY": "store/accesskey"})}))


def test_settings_of_an_unknown_task_are_refused(spec: Json) -> None:
    with pytest.raises(PodError, match="no task 'Trainr' with a pod; there are: Baseline, "):
        set_pods(spec, Pods({"Trainr": Pod(cpu="4")}))


@pytest.mark.parametrize(
    ("quantity", "number"), [("4", 4), ("500m", 0.5), ("1.5G", 1.5e9), ("2Ki", 2048)]
)
def test_quantities_are_parsed_as_kubernetes_writes_them(quantity: str, number: float) -> None:
    assert amount(quantity) == pytest.approx(number)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"resources": ["cpu"]}, "'cpu' is not NAME=VALUE"),
        ({"resources": ["disk=4"]}, "names 'disk'"),
        ({"resources": ["memory=16 GB"]}, "'16 GB' is not a quantity"),
        ({"resources": ["accelerator=gpu"]}, "'gpu' is not an accelerator"),
        ({"retries": ["often"]}, "retries is 'often'"),
        ({"env": ["1A=b"]}, "'1A' is not the name"),
        ({"secret": ["KEY=store"]}, "SECRET/KEY"),
        ({"volume": ["mnt=claim"]}, "not a path to mount claim at"),
    ],
)
def test_options_that_cannot_be_followed_are_refused(options: Json, message: str) -> None:
    with pytest.raises(PodError, match=message):
        pod_options.from_options(**options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- cpu", "is not a mapping of tasks"),
        ("all: 4", "4 is not a mapping"),
        ("all: {cpus: 4}", "no setting 'cpus'"),
        ("all: {env: {A: 1}}", "put it in quotes"),
        ("all: {kubernetes: {pvcMounts: []}}", "no field 'pvcMounts'"),
        ("all: {cpu: [", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_followed_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "pods.yaml"
    path.write_text(text)
    with pytest.raises(PodError, match=message) as raised:
        pod_options.from_file(path)
    assert str(path) in str(raised.value)
