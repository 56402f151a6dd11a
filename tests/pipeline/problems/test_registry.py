"""Every problem is complete: what its definition names is there and fits together."""

import pytest
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.eval_config import with_defaults
from checkpoint_sweep.selection.metric_lookup import resolve_direction
from checkpoint_sweep.selection.selection import Selection
from pipeline.problems import registry
from pipeline.problems.problem import Problem, load


@pytest.fixture(params=registry.definitions())
def problem(request: pytest.FixtureRequest) -> Problem:
    return registry.get(request.param)


def test_a_problem_is_listed_under_its_name(problem: Problem) -> None:
    assert registry.definitions()[problem.name].rpartition(".")[2] == problem.name


def test_the_functions_that_a_problem_names_exist(problem: Problem) -> None:
    names = [problem.run_fn, problem.eval_config, problem.preprocessing_fn]
    assert all(callable(load(name)) for name in names if name)


def test_the_schema_of_a_problem_is_a_reviewed_file(problem: Problem) -> None:
    assert problem.schema.is_file()
    assert "\nfeature" in problem.schema.read_text()


def test_a_problem_leaves_checkpoints_to_choose_from(problem: Problem) -> None:
    assert problem.steps // problem.checkpoint_steps >= 2


def test_a_problem_declares_the_direction_of_its_selection_metric(problem: Problem) -> None:
    config: config_pb2.EvalConfig = load(problem.eval_config)()
    resolve_direction(Selection(problem.select_by), with_defaults(config, has_baseline=True))


def test_an_unknown_problem_is_refused_and_the_known_are_listed() -> None:
    with pytest.raises(registry.UnknownProblemError, match="'nothing'; there are: taxi"):
        registry.get("nothing")
