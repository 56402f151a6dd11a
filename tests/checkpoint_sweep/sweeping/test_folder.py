"""The folder that sweeps of one run share."""

from pathlib import Path

import pytest

from checkpoint_sweep.sweeping import folder as folders


@pytest.mark.parametrize("run", ["run", "run/", "run///", "./run", "run/.", "other/../run"])
def test_results_lie_beside_the_run_however_it_is_named(
    run: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folders.of_run(run, None) == str(tmp_path / "run-sweep")


@pytest.mark.parametrize(("run", "below"), [(".", "run"), ("..", "run/below")])
def test_the_folder_one_is_in_has_a_name(
    run: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / below).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / below)
    assert folders.of_run(run, None) == str(tmp_path / "run-sweep")


@pytest.mark.parametrize(("run", "output"), [("run", "s3://bucket/out"), ("s3://bucket/run", None)])
def test_an_output_that_is_not_local_is_refused(run: str, output: str | None) -> None:
    with pytest.raises(folders.FolderError, match="Name one by output"):
        folders.of_run(run, output)


@pytest.mark.parametrize("output", ["model", "model/out", "link/out", "other/../model/out"])
def test_an_output_inside_of_what_is_read_is_refused(output: str, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to("model")
    with pytest.raises(folders.FolderError, match="which the sweep reads"):
        folders.check_apart(str(tmp_path / output), [str(tmp_path / "model")])


@pytest.mark.parametrize("output", ["model-sweep", "other"])
def test_an_output_beside_what_is_read_is_taken(output: str, tmp_path: Path) -> None:
    folders.check_apart(str(tmp_path / output), [str(tmp_path / "model"), "s3://bucket", "e*"])


@pytest.mark.parametrize("name", ["a[b]", "a\\b"])
def test_names_that_checkpoints_cannot_be_read_below_are_refused(name: str) -> None:
    with pytest.raises(folders.FolderError, match="Rename the folder, or name a link to it"):
        folders.check_names([None, f"/runs/{name}/run"])


@pytest.mark.parametrize("name", ["a]b", "a*b", "a?b", "{a,b}", "a\nb", "\x1b"], ids=ascii)
def test_other_names_are_literal(name: str) -> None:
    folders.check_names([f"/runs/{name}/run"])


def test_a_sweep_that_was_killed_while_its_folder_was_made_leaves_no_unmarked_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(source: str, target: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(folders.os, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            folders.make_next(str(tmp_path))
    assert folders.numbers(str(tmp_path)) == []
    made = folders.make_next(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [Path(made).name] == ["0001"]
    assert folders.numbers(str(tmp_path)) == [1]
