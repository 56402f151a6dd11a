from pathlib import Path

import pytest

from pipeline.kubeflow.task.written_paths import with_uris, write_uris

URIS = {
    "/minio/b/model": "minio://b/model",
    "/minio/b/model/x": "gs://other/x",
    "/tmp/model-1/Format-Serving": "s3://b/7",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"/minio/b/model/1"', '"minio://b/model/1"'),
        ('"/minio/b/model"', '"minio://b/model"'),
        ("<td>/minio/b/model/x</td>", "<td>gs://other/x</td>"),
        ("There is nothing at /minio/b/model.", "There is nothing at minio://b/model."),
        ("/tmp/model-1/Format-Serving", "s3://b/7"),
        ("/minio/b/model_run/1 /minio/b/model-2 /minio/b/model.ckpt", None),
        ("https://host/minio/b/model", None),
        ("\0/minio/b/model", None),
    ],
)
def test_a_path_is_replaced_as_a_whole_name_only(text: str, expected: str | None) -> None:
    assert with_uris(text.encode(), URIS).decode() == (text if expected is None else expected)


def test_only_text_files_for_people_are_rewritten(tmp_path: Path) -> None:
    names = ("eval_config.json", "report.html", "NOT_BLESSED", "checkpoint", "model.index")
    (tmp_path / "step-1").mkdir()
    for name in names:
        (tmp_path / "step-1" / name).write_text("/minio/b/model/1")
    write_uris([str(tmp_path)], URIS)
    rewritten = {p.name for p in tmp_path.rglob("*") if p.is_file() and "://" in p.read_text()}
    assert rewritten == {"eval_config.json", "report.html", "NOT_BLESSED"}
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} == set(names)
