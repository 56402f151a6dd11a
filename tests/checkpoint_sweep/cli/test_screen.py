"""What commands print, and how they import."""

import gc
from collections.abc import Iterator

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
