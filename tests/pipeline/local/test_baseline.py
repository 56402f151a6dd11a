from pathlib import Path

import pytest
from tfx import types
from tfx.types import standard_artifacts

from pipeline.local.baseline import LatestBlessedOther


def _model(number: int, folder: Path, deleted: bool = False) -> types.Artifact:
    model = standard_artifacts.Model()
    model.id, model.uri = number, str(folder / str(number))
    if not deleted:
        exported = folder / str(number) / "Format-Serving"
        exported.mkdir(parents=True, exist_ok=True)
        (exported / "saved_model.pb").touch()
    return model


def _blessing(model: int, blessed: int) -> types.Artifact:
    blessing = standard_artifacts.ModelBlessing()
    blessing.set_int_custom_property("current_model_id", model)
    blessing.set_int_custom_property("blessed", blessed)
    return blessing


@pytest.mark.parametrize(
    ("blessings", "candidate", "deleted", "expected"),
    [
        ({}, 3, 0, []),
        ({1: 1, 2: 1}, 3, 0, [2]),
        ({1: 1, 2: 0}, 3, 0, [1]),
        ({1: 1, 2: 1}, 2, 0, [1]),  # as in a run that is started again after it was killed
        ({1: 1, 2: 1, 3: 1}, 2, 0, [3]),  # of earlier parameters, and from cache
        ({3: 1}, 3, 0, []),
        ({1: 1, 2: 1}, 3, 2, [1]),
        ({2: 1}, 3, 2, []),
    ],
)
def test_the_baseline_is_the_latest_blessed_model_but_the_candidate(
    blessings: dict[int, int],
    candidate: int,
    deleted: int,
    expected: list[int],
    tmp_path: Path,
) -> None:
    found = LatestBlessedOther().resolve_artifacts(
        None,
        {
            "model": [_model(n, tmp_path, n == deleted) for n in (1, 2, 3)],
            "model_blessing": [_blessing(*pair) for pair in blessings.items()],
            "candidate": [_model(candidate, tmp_path)],
        },
    )
    assert found is not None
    assert [model.id for model in found["model"]] == expected
    assert [model.id for model in found["candidate"]] == [candidate]
