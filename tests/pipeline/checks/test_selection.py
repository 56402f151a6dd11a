import dataclasses

import pytest

from checkpoint_sweep.evaluation.engine import get_engine
from checkpoint_sweep.evaluation.request import EngineError
from checkpoint_sweep.selection.across import Across
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.racing import Racing
from pipeline import options
from pipeline.checks.selection import check_selection
from pipeline.config import ENGINES, ConfigError, PipelineConfig
from pipeline.problems import registry


def _config(name: str = "taxi", **changes: object) -> PipelineConfig:
    config = options.RunOptions().config(registry.get(name))
    return dataclasses.replace(config, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("problem", registry.definitions())
def test_the_selection_metric_of_every_problem_passes(problem: str) -> None:
    check_selection(_config(problem))


def test_a_direction_that_the_config_does_not_declare_can_be_given() -> None:
    for direction in Direction:
        check_selection(_config(select_by="precision", direction=direction))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"select_by": "acu"},
            r"--select-by=acu: .* does not compute 'acu'.* It computes: auc, .*",
            id="no such metric",
        ),
        pytest.param(
            {"select_by": "acu", "direction": Direction.HIGHER_IS_BETTER},
            "--select-by=acu: .*",
            id="no such metric, with a direction",
        ),
        pytest.param(
            {"select_by": "precision"},
            "--select-by=precision: No direction is declared for 'precision'. Add "
            "--direction=higher or --direction=lower, or give .*",
            id="no direction",
        ),
        pytest.param(
            {"direction": Direction.LOWER_IS_BETTER},
            ".*LOWER_IS_BETTER for 'auc', its change threshold says HIGHER_IS_BETTER.*",
            id="another direction",
        ),
        pytest.param(
            {"select_by": "auc - recall"},
            "--select-by=auc - recall: No direction is declared for .* or --direction=lower.",
            id="a formula without a direction",
        ),
        pytest.param(
            {"across": Across(("company",))},
            "--select-by=auc: The evaluation config has no slice for auc, mean over every .*",
            id="no such slices",
        ),
        pytest.param(
            {"choose": "earliest-passing", "racing": Racing()},
            "A race may drop the first .* Leave out --race, or choose by --choose=best.",
            id="the first of a race",
        ),
    ],
)
def test_a_metric_that_the_sweep_cannot_choose_by_is_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        check_selection(_config(**changes))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pipeline.nowhere.eval_config", "ModuleNotFoundError: No module named 'pipeline.nowhere'"),
        ("pipeline.config.check_engine", "TypeError: .* missing 1 required .*"),
    ],
)
def test_an_evaluation_config_that_fails_to_build_is_refused(name: str, message: str) -> None:
    problem = dataclasses.replace(registry.get("taxi"), eval_config=name)
    with pytest.raises(ConfigError, match=f"^{name} gives no evaluation config: {message}. Cor.*"):
        check_selection(_config(problem=problem))


def test_the_engines_are_those_of_the_library() -> None:
    for name in ENGINES:
        assert callable(get_engine(name))
    with pytest.raises(EngineError, match=f"there are: {', '.join(sorted(ENGINES))}"):
        get_engine("none")
