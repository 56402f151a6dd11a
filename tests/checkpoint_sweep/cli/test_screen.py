"""What commands print, and how they import."""

import gc
from collections.abc import Iterator
from importlib import metadata

import pytest

from checkpoint_sweep.cli import screen


@pytest.fixture
def collected() -> Iterator[None]:
    """What a test froze is collected as before."""
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("collected")
def test_the_collector_rests_while_a_command_imports_and_no_longer() -> None:
    with screen.loading(quiet=True):
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


@pytest.mark.usefixtures("collected")
def test_what_is_installed_is_listed_once_while_a_command_imports() -> None:
    listing = metadata.packages_distributions
    with screen.loading(quiet=True):
        assert metadata.packages_distributions() is metadata.packages_distributions()
    assert metadata.packages_distributions is listing
