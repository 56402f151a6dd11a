"""The memory budget bounds memory: measured, in processes of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.problems.problem import repository
from tests.support import peak_memory

MEGABYTES = 150


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("large")
    peak_memory.write(directory, MEGABYTES)
    return directory


def _peak(written: Path, models: int, budget: int) -> float:
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.peak_memory"]
    arguments = [str(written), str(models), str(budget * 10**6)]
    finished = subprocess.run(
        [*command, *arguments], cwd=repository(), capture_output=True, text=True, check=True
    )
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
