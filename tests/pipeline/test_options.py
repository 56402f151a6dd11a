from collections.abc import Callable
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from checkpoint_sweep.cli.app import make_app
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.earliest_eligible import EarliestEligible
from checkpoint_sweep.selection.policies import BestValue, SelectionPolicy
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.set_policies import EarliestOfSet, LatestOfSet, SecondaryMetric
from pipeline import __main__ as local
from pipeline import options
from pipeline.choosing import selection_of
from pipeline.config import ConfigError, PipelineConfig
from pipeline.kubeflow import __main__ as compiling
from pipeline.kubeflow.submit.to_kubeflow import kubeflow
from pipeline.kubeflow.submit.to_vertex import vertex
from pipeline.options import RunOptions
from pipeline.problems import registry


def _config(**given: Any) -> PipelineConfig:
    return RunOptions(**given).config(registry.get("taxi"))


def test_an_option_that_is_not_given_takes_the_problems_default() -> None:
    digits = registry.get("digits")
    config = RunOptions(engine="tfma", beam_arg=["--a=1"]).config(digits)
    assert (config.steps, config.checkpoint_steps) == (digits.steps, digits.checkpoint_steps)
    assert (config.select_by, config.schema) == (digits.select_by, digits.schema)
    assert config.engine == "tfma"
    assert config.direction is None
    assert config.beam_args[-1] == "--a=1"


def test_given_options_override_the_problems_defaults() -> None:
    config = RunOptions(20, 10, "accuracy").config(registry.get("digits"))
    assert (config.steps, config.checkpoint_steps, config.select_by) == (20, 10, "accuracy")


def test_higher_and_lower_name_the_directions() -> None:
    given = {"higher": Direction.HIGHER_IS_BETTER, "lower": Direction.LOWER_IS_BETTER}
    for name, direction in given.items():
        config = _config(select_by="precision", direction=name)
        assert config.direction is direction


@pytest.mark.parametrize(("engine", "direction"), [("fusd", None), ("fused", "HIGHER")])
def test_an_unknown_engine_or_direction_is_refused(engine: str, direction: str | None) -> None:
    with pytest.raises(ConfigError, match="There is no"):
        _config(engine=engine, direction=direction)


@pytest.mark.parametrize(("steps", "checkpoint_steps"), [(0, None), (10, 20), (10, 0)])
def test_a_training_without_a_checkpoint_is_refused(
    steps: int, checkpoint_steps: int | None
) -> None:
    with pytest.raises(ConfigError, match="Raise --steps"):
        _config(steps=steps, checkpoint_steps=checkpoint_steps)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"average_last": [5, 3, 5]}, Averages(last=(3, 5))),
        ({"greedy_soup": True}, Averages(greedy_soup=True)),
        (
            {"average_last": [5], "average_weights": ["linear", "cosine", "linear"]},
            Averages(last=(5,), weights=("linear", "cosine")),
        ),
    ],
)
def test_averages_are_made_of_their_options(
    given: dict[str, Any], expected: Averages | None
) -> None:
    config = _config(**given)
    assert config.averages == expected


def test_weights_that_nobody_knows_are_refused() -> None:
    with pytest.raises(ConfigError, match="--average-weights has 'lin'; name some of uniform"):
        _config(average_last=[5], average_weights=["lin"])


def test_an_average_of_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="--average-last=1 averages nothing"):
        _config(average_last=[5, 1])


@pytest.mark.parametrize(
    ("choose", "policy"),
    [
        ("best", BestValue()),
        ("earliest", EarliestOfSet()),
        ("latest", LatestOfSet()),
        ("earliest-passing", EarliestEligible()),
        ("binary_accuracy:higher", SecondaryMetric("binary_accuracy", Direction.HIGHER_IS_BETTER)),
        ("a:b:lower", SecondaryMetric("a:b", Direction.LOWER_IS_BETTER)),
    ],
)
def test_choose_names_a_selection_policy(choose: str, policy: SelectionPolicy) -> None:
    config = _config(
        choose=choose,
        race=True,
        cluster_key="company",
        other_split=["train"],
        split_threshold=["train: gap of auc <= 0.05"],
    )
    selection = selection_of(config)
    assert (selection.metric, selection.policy) == ("auc", policy)
    assert (config.racing, config.cluster_key) == (Racing(), "company")
    assert config.other_splits == ("train",)
    assert list(map(str, config.split_thresholds)) == ["train: gap of auc <= 0.05"]


@pytest.mark.parametrize(
    ("splits", "thresholds", "message"),
    [
        (["eval"], [], "--other-split=eval is neither of train and test"),
        ([], ["train: auc >= 0.5"], "--split-threshold has 'train: auc >= 0.5', and the other"),
        (["train"], ["train: auc"], "'train: auc' is no threshold on a split"),
    ],
)
def test_a_split_that_the_pipeline_lacks_is_refused(
    splits: list[str], thresholds: list[str], message: str
) -> None:
    given = {"other_split": splits, "split_threshold": thresholds}
    with pytest.raises(ConfigError) as raised:
        _config(**given)
    assert message in str(raised.value)


def test_clusters_are_refused_where_no_errors_are_estimated() -> None:
    with pytest.raises(ConfigError, match=r"no clusters\. Leave out --cluster-key"):
        _config(engine="tfma", cluster_key="a")


@pytest.mark.parametrize("choose", ["", "worst", "auc", "auc:up", ":higher"])
def test_an_unknown_policy_is_refused(choose: str) -> None:
    with pytest.raises(ConfigError, match=rf"Unknown --choose={choose}\."):
        _config(choose=choose)


def test_across_names_the_slices_of_the_choice() -> None:
    config = _config(
        select_by="auc - recall", direction="higher", across=["trip_start_hour"], combine="worst"
    )
    selection = selection_of(config)
    assert str(selection) == "auc - recall, the worst trip_start_hour"
    assert selection.direction is Direction.HIGHER_IS_BETTER
    with pytest.raises(ConfigError, match="Unknown --combine=median"):
        _config(across=["a"], combine="median")


def _app_of(command: Callable[..., None]) -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command(help=options.help_of(command))(command)
    return app


@pytest.mark.parametrize(
    ("app", "command"),
    [
        pytest.param(_app_of(local.main), [], id="run"),
        pytest.param(_app_of(compiling.main), [], id="compile"),
        pytest.param(_app_of(kubeflow), [], id="submit to kubeflow"),
        pytest.param(_app_of(vertex), [], id="submit to vertex"),
        *(
            pytest.param(make_app(), [name], id=name)
            for name in (
                "init",
                "sweep",
                "watch",
                "show",
                "compare",
                "export",
                "export-graph",
                "prune",
            )
        ),
    ],
)
def test_help_is_cut_nowhere_at_80_columns(app: typer.Typer, command: list[str]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "80"})
    assert "--help" in shown.output
    assert "…" not in shown.output
    assert max(map(len, shown.output.splitlines())) <= 80
