"""Whole evaluations drawn at random: the engine gives what stock TFMA gives, or refuses with it.

`make fuzz` goes on with other seeds for as long as one likes.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import fuzz
from tests.support import random_evaluations
from tests.support.random_evaluations import Evaluation
from tests.support.random_traits import with_traits

# Few that have every kind of model and of configuration among them.
SEEDS = (234, 308, 532, 208, 422, 331, 4329, 127, 107, 345, 546, 11, 306, 151)
COVERED: dict[str, Callable[[Evaluation], bool]] = {
    **{kind: lambda case, kind=kind: case.kind == kind for kind in random_evaluations.KINDS},
    "a baseline": lambda case: case.baseline is not None,
    "change thresholds": lambda case: "change_threshold" in case.config,
    "value thresholds": lambda case: "value_threshold" in case.config,
    "thresholds of slices": lambda case: "per_slice_thresholds" in case.config,
    "a class": lambda case: "class_ids" in case.config,
    "the k-th": lambda case: " k_list" in case.config,
    "the top k": lambda case: "binarize" in case.config and "top_k_list" in case.config,
    "a micro average": lambda case: "micro_average" in case.config,
    "a macro average": lambda case: " macro_average" in case.config,
    "a weighted macro average": lambda case: "weighted_macro_average" in case.config,
    "weighted and unweighted": lambda case: "weighted: true unweighted: true" in case.config,
    "weights of outputs": lambda case: "output_weights" in case.config,
    "queries": lambda case: case.by_query,
    "intervals": lambda case: case.samples,
    "cross slices": lambda case: "cross_slicing_specs" in case.config,
    "small slices": lambda case: "min_slice_size" in case.config,
    "several values of a slice": lambda case: "tags" in case.config,
    "no examples": lambda case: not case.rows,
    "a diverging candidate": lambda case: bool(case.candidates[1].bad) and case.compared == 1,
    "a diverging neighbour": lambda case: bool(case.candidates[1].bad) and case.compared == 0,
    "classes by score": lambda case: bool(case.vocabulary),
    "inputs by name": lambda case: bool(case.input_type),
    "logits": lambda case: any(value < 0 for row in case.rows for value in row["p"]),
    "sure predictions": lambda case: any(0 < v < 1e-6 for row in case.rows for v in row["p"]),
    "thresholds by name": lambda case: "thresholds {\n    key" in case.config,
    "a slice of NaN": lambda case: 'feature_keys: "f"' in case.config,
    "batches of one": lambda case: case.batch_size == 1 and len(case.rows) > 1,
}


@functools.cache
def _drawn(seed: int) -> Evaluation:
    return with_traits(random_evaluations.evaluation(seed))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> fuzz.Models:
    return fuzz.Models(tmp_path_factory.mktemp("models"))


@pytest.mark.slow
@pytest.mark.every_python
@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_evaluation_equals_stock_tfmas(
    seed: int, models: fuzz.Models, tmp_path: Path
) -> None:
    case = _drawn(seed)
    found = fuzz.compare(case, tmp_path, models)
    assert not found.differences, f"{found.differences}\n{case}"


@pytest.mark.parametrize("name", COVERED)
def test_the_seeds_have_every_kind_of_evaluation(name: str) -> None:
    assert any(COVERED[name](_drawn(seed)) for seed in SEEDS)


def test_a_seed_stands_for_one_evaluation() -> None:
    one, other, same = (str(with_traits(random_evaluations.evaluation(seed))) for seed in (1, 2, 1))
    assert one == same
    assert one != other
    assert "metrics_specs" in one
    assert "'p':" in one
