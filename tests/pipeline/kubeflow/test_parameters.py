import json

import pytest

from pipeline.kubeflow import parameters
from pipeline.kubeflow.parameters import RunParameterError

ROOT = "minio://bucket/root"


@pytest.mark.parametrize(
    ("value", "imported"),
    [("gs://b/taxi", True), ("s3://b/taxi", True), ("minio://b/taxi", True), ("/data", False)],
)
def test_only_data_in_an_object_store_is_imported(value: str, imported: bool) -> None:
    assert parameters.is_imported(parameters.data(value + "/")) is imported


@pytest.mark.parametrize(
    ("folder", "base"),
    [("gs://b/serving/", "gs://b/serving"), ("/mnt/serving", "/mnt/serving"), ("", "/tmp/serving")],
)
def test_push_destination_is_json_of_a_folder(folder: str, base: str) -> None:
    pushed = json.loads(parameters.push_destination(folder))
    assert pushed == {"filesystem": {"base_directory": base}}


def test_the_uri_for_no_baseline_is_recognised() -> None:
    assert parameters.is_no_baseline(parameters.baseline("", ROOT, "gs://b/serving"))
    assert not parameters.is_no_baseline(parameters.baseline(f"{ROOT}/pushed/7", ROOT, ""))


@pytest.mark.parametrize(
    ("given", "push_to", "name", "in_place"),
    [
        (None, "gs://b/serving/", "gs://b/serving", True),
        (None, "/mnt/serving", "/mnt/serving", True),
        (None, "", f"{ROOT}/no-baseline", False),
        ("", "gs://b/serving", f"{ROOT}/no-baseline", False),
        ("gs://b/serving/7", "gs://b/serving", "gs://b/serving/7", False),
        ("/mnt/models", "", "/mnt/models", True),
    ],
)
def test_the_baseline_is_what_is_pushed_unless_another_is_named(
    given: str | None, push_to: str, name: str, in_place: bool
) -> None:
    found = parameters.baseline(given, ROOT, push_to)
    assert found == name
    assert parameters.is_in_place(found, parameters.push_destination(push_to)) is in_place


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: parameters.data("taxi"), "data is 'taxi'"),
        (lambda: parameters.push_destination("s3://b/x"), "push_to is 's3://b/x'"),
        (lambda: parameters.baseline("models/1", ROOT, ""), "baseline is 'models/1'"),
        (lambda: parameters.data("minio:///etc"), "data is 'minio:///etc', which leads"),
        (lambda: parameters.push_destination("/srv/../../etc"), "push_to is '/srv/../../etc'"),
        (lambda: parameters.baseline("s3://b/../c", ROOT, ""), "baseline is 's3://b/../c'"),
        (lambda: parameters.check_for_vertex(ROOT, "/data"), "--root=gs://"),
        (lambda: parameters.check_for_vertex("gs://b/r", "s3://b/x"), "data is 's3://b/x'"),
        (lambda: parameters.check_complete({"a": 1, "b": 1}, {"a": 1}), "parameters b too"),
        (lambda: parameters.check_complete({"a": 1}, {"a": 1, "c": 1}), "no parameter c"),
    ],
)
def test_parameters_that_cannot_work_are_refused(make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(RunParameterError, match=message):
        make()
