"""What is said of combined slices, thresholds, clusters and runs is found by the simulations."""

import numpy as np

from benchmarks.study import clusters, combinations, several_runs, thresholds


def test_equally_good_checkpoints_are_in_the_set_whatever_is_combined() -> None:
    found = combinations.simulate(3, samples=60, checkpoints=4)
    assert {row.statistic for row in found} == combinations.STATISTICS.keys()
    assert all(row.in_set > 0.85 for row in found)
    bias = {row.statistic: row.bias for row in found}
    assert bias["worst slice"] < -0.5
    assert abs(bias["mean of slices"]) < 0.5


def test_a_blessing_by_many_thresholds_is_false_as_rarely_as_by_one() -> None:
    edge = thresholds.bless(np.array([0.0, 9, 9, 9, 9]), 0.5, 300)
    assert edge.every == edge.by_holm < 0.1
    above = thresholds.bless(np.full(5, 3.0), 0.5, 200)
    assert above.by_holm < above.every
    assert thresholds.bless(np.zeros(5), 0.5, 200).some_wrong > 0.1


def test_the_first_to_pass_is_earlier_and_more_often_false_than_the_best() -> None:
    found = thresholds.pass_first(np.linspace(-6, 6, 10), is_confident=False, samples=100)
    assert found.first_step < 8
    assert found.first_false > found.best_false == 0


def test_the_interval_of_clustered_rows_holds_the_truth_by_their_cluster_alone() -> None:
    by_example, by_user = clusters.simulate(200, 0.5, samples=60, checkpoints=3)
    assert by_example.value < 0.7 < 0.85 < by_user.value
    assert by_example.difference < 0.7 < 0.85 < by_user.difference
    assert (
        by_user.cautioned < 0.1 < 0.9 < clusters.simulate(20, 0.5, 20, checkpoints=2)[1].cautioned
    )


def test_the_set_of_several_runs_holds_the_best_and_the_spread_tells_runs_from_examples() -> None:
    equal, different = several_runs.simulate(3, 2, (0.0, 3.0), samples=60)
    assert equal.in_set > 0.85
    assert equal.value > 0.85
    assert equal.difference > 0.85
    assert equal.spread < 1 < 2 < different.spread < 4
