"""Names of runs, which are the parts of their paths that tell them apart."""

from pathlib import Path

import pytest

from checkpoint_sweep.model_run.run_names import RunsError, file_name, name_runs
from checkpoint_sweep.model_run.runs import make_runs


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/r/seed-0", "/r/seed-1/"], ["seed-0", "seed-1"]),
        (["r/seed-0/model_run", "r/seed-1/model_run"], ["seed-0", "seed-1"]),
        (["r/lr-1/0", "r/lr-1/1", "r/lr-2/0"], ["lr-1/0", "lr-1/1", "lr-2/0"]),
        (["gs://b/T.a/model_run/5", "gs://b/T.b/model_run/6"], ["T.a", "T.b"]),
        (["/p/Trainer/model_run/5", "/p/Trainer/model_run/9"], ["5", "9"]),
        (["r/a", "r/b/deep"], ["a", "b/deep"]),
        (["r", "r/a"], ["r", "r/a"]),
        (["r/a-b/c", "r/a/b-c", "r/x"], ["1/a-b/c", "2/a/b-c", "3/x"]),
        (["r/A", "r/a"], ["1/A", "2/a"]),
    ],
    ids=lambda case: " ".join(case),
)
def test_runs_are_named_by_what_tells_their_paths_apart(paths: list[str], names: list[str]) -> None:
    assert name_runs(paths) == names


def test_a_run_that_is_there_twice_is_refused() -> None:
    with pytest.raises(RunsError, match="The run r/a is there twice"):
        name_runs(["r/a", "r/b", "r/a/"])


def test_relative_paths_mean_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert [run.name for run in make_runs([".", "../b"], ["export"])] == ["a", "b"]
    with pytest.raises(RunsError, match="is there twice"):
        make_runs([".", str(tmp_path / "a")], ["export"])


@pytest.mark.parametrize(
    ("run", "name"),
    [("lr=0.1/seed 0", "lr=0.1-seed_0"), ("a*[b]", "a__b_"), ("../..", "-.."), ("..", "_")],
)
def test_the_name_of_a_folder_has_no_pattern_and_leads_nowhere(run: str, name: str) -> None:
    assert file_name(run) == name
