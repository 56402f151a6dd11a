import pytest

from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.selection.direction import Direction
from pipeline import options
from pipeline.config import ConfigError
from pipeline.problems import registry


def test_what_is_left_out_has_the_problems_default() -> None:
    digits = registry.get("digits")
    config = options.fill_in(digits, None, None, None, engine="tfma", beam_arg=["--a=1"])
    assert (config.steps, config.checkpoint_steps) == (digits.steps, digits.checkpoint_steps)
    assert (config.select_by, config.schema) == (digits.select_by, digits.schema)
    assert config.engine == "tfma"
    assert config.direction is None
    assert config.beam_args[-1] == "--a=1"


def test_what_is_given_is_taken() -> None:
    config = options.fill_in(registry.get("digits"), 20, 10, "accuracy", "fused", None)
    assert (config.steps, config.checkpoint_steps, config.select_by) == (20, 10, "accuracy")


def test_a_direction_has_a_short_name() -> None:
    given = {"higher": Direction.HIGHER_IS_BETTER, "lower": Direction.LOWER_IS_BETTER}
    for name, direction in given.items():
        config = options.fill_in(registry.get("taxi"), None, None, "precision", "fused", None, name)
        assert config.direction is direction


@pytest.mark.parametrize(("engine", "direction"), [("fusd", None), ("fused", "HIGHER")])
def test_what_there_is_not_is_refused(engine: str, direction: str | None) -> None:
    with pytest.raises(ConfigError, match="There is no"):
        options.fill_in(registry.get("taxi"), None, None, None, engine, None, direction)


@pytest.mark.parametrize(("steps", "checkpoint_steps"), [(0, None), (10, 20), (10, 0)])
def test_a_training_without_a_checkpoint_is_refused(
    steps: int, checkpoint_steps: int | None
) -> None:
    with pytest.raises(ConfigError, match="Raise --steps"):
        options.fill_in(registry.get("taxi"), steps, checkpoint_steps, None, "fused", None)


@pytest.mark.parametrize(
    ("last", "soup", "expected"),
    [
        (None, False, None),
        ([5, 3, 5], False, Averages(last=(3, 5))),
        (None, True, Averages(greedy_soup=True)),
    ],
)
def test_averages(last: list[int] | None, soup: bool, expected: Averages | None) -> None:
    config = options.fill_in(
        registry.get("taxi"), None, None, None, "fused", None, None, last, soup
    )
    assert config.averages == expected


def test_an_average_of_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="--average-last=1 averages nothing"):
        options.fill_in(registry.get("taxi"), None, None, None, "fused", None, None, [5, 1])
