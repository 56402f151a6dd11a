"""The memory budget bounds memory: measured, in processes of their own."""

from pathlib import Path

import pytest

from tests.support import peak_memory, warm_pipeline

MEGABYTES = 150


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("large")
    peak_memory.write(directory, MEGABYTES)
    return directory


def _peak(written: Path, models: int, budget: int) -> float:
    """The peak of an evaluation in megabytes, that of imports included.

    Args:
        written: Folder with the model and the examples.
        models: Number of models.
        budget: Memory budget in megabytes.
    """
    arguments = str(written), str(models), str(budget * 10**6)
    finished = warm_pipeline.run("tests.support.peak_memory", *arguments)
    assert finished.returncode == 0, finished.stderr
    return float(finished.stdout.split()[-1])


@pytest.fixture(scope="module")
def peak_of_one(written: Path) -> float:
    return _peak(written, 1, MEGABYTES + 10)


def test_with_a_budget_of_one_model_the_number_of_models_does_not_matter(
    written: Path, peak_of_one: float
) -> None:
    assert _peak(written, 5, MEGABYTES + 10) < peak_of_one + MEGABYTES


def test_with_a_large_budget_all_models_are_loaded_at_once(
    written: Path, peak_of_one: float
) -> None:
    assert _peak(written, 5, 10 * MEGABYTES) > peak_of_one + 3 * MEGABYTES
