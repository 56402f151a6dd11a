"""Examples of one cluster share a fold; the standard error is that of a jackknife by cluster."""

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from checkpoint_sweep.common.names import ModelNames
from checkpoint_sweep.evaluation.inputs.extracts import InputError
from checkpoint_sweep.evaluation.inputs.places import with_places
from checkpoint_sweep.evaluation.jackknife import folds
from checkpoint_sweep.evaluation.plan.tracked_metrics import find_tracked_metrics
from checkpoint_sweep.evaluation.results.replicates import read_replicates
from checkpoint_sweep.selection.intervals import estimate
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import passthrough_model

_KEY = "user_id"
CONFIG = """
    model_specs { label_key: "y" }
    slicing_specs {}
    metrics_specs { metrics { class_name: "MeanSquaredError" } }
    metrics_specs { query_key: "q" metrics { class_name: "MinLabelPosition"
      threshold { value_threshold { upper_bound { value: 99 } } } } }
"""


def _batch(column: pa.Array, first: int = 0) -> pa.RecordBatch:
    return with_places(pa.RecordBatch.from_arrays([column], [_KEY]), first)


def _of(values: list, kind: pa.DataType, first: int = 0) -> list[int]:
    column = pa.array([[value] for value in values], pa.large_list(kind))
    return folds.of_examples(_batch(column, first), _KEY).tolist()


def test_the_fold_of_a_cluster_is_that_of_its_value_alone() -> None:
    users = [7, -3, 7, 12, 7]
    found = _of(users, pa.int64())
    assert found == _of([str(user) for user in users], pa.large_string(), first=999)
    assert found == _of([str(user).encode() for user in users], pa.large_binary())
    assert found[0] == found[2] == found[4]
    column = pa.array([[0], *([user] for user in users)], pa.list_(pa.int32()))
    assert folds.of_examples(_batch(column).slice(1), _KEY).tolist() == found
    # The same in every process, and later.
    assert _of(["a", "b", "c"], pa.large_string()) == [10, 11, 0]


def test_clusters_are_whole_in_a_share_with_all_folds() -> None:
    users = np.repeat(np.arange(4000), 2)
    batch = _batch(pa.array(users[:, None].tolist(), pa.large_list(pa.int64())))
    shares, own = folds.shares_of(batch, 4, _KEY), folds.of_examples(batch, _KEY)
    assert (shares[::2] == shares[1::2]).all()
    assert len(set(zip(shares.tolist(), own.tolist(), strict=True))) == 4 * folds.FOLDS


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([[1], None], pa.list_(pa.int64())), "no value in example 10 of file 1"),
        (pa.array([["a"], []], pa.large_list(pa.large_binary())), "no value in example 10 "),
        (pa.array([[1, 2], [1]], pa.list_(pa.int64())), "2 values in example 9 "),
        (pa.nulls(2), "no value in example 9 of file 1"),
        (pa.array([[1.0], [2.0]], pa.list_(pa.float32())), "values of type float"),
    ],
)
def test_what_names_no_cluster_is_refused(column: pa.Array, message: str) -> None:
    with pytest.raises(InputError, match=f"^The cluster key 'user_id' has {message}"):
        folds.of_examples(_batch(column, 8), _KEY)


def test_the_standard_error_is_that_of_a_jackknife_by_cluster(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    user = random.integers(0, 60, 400)
    label = np.round(random.random(60)[user] * 0.7 + random.random(400) * 0.3)
    predicted = random.random(400).astype(np.float32)
    data = passthrough_model.write_examples(
        tmp_path / "data",
        [
            {"p": [float(p)], "y": [float(y)], _KEY: [int(u)], "q": [f"{u}-{number % 2}"]}
            for number, (p, y, u) in enumerate(zip(predicted, label, user, strict=True))
        ],
    )
    model = passthrough_model.write_model(tmp_path / "model")
    eval_config = tfma_oracle.config(CONFIG)
    tracked_metrics = find_tracked_metrics(eval_config, Selection("mean_squared_error"), _KEY)
    (output,) = tfma_oracle.run_engine(
        data, eval_config, [model], str(tmp_path / "engine"), tracked_metrics=tracked_metrics
    )
    by_name = {
        key[1].name: found.own for key, found in read_replicates(output, ModelNames()).items()
    }
    found = estimate(by_name["mean_squared_error"])
    fold = np.array(_of(user.tolist(), pa.int64()))
    loss = (label - predicted) ** 2
    assert found.standard_error == pytest.approx(_delete_a_group(loss, fold), rel=1e-6)
    assert "count as some 60 clusters (user_id)" in (found.caution or "")
    # Queries go with their cluster.
    queries = {(u, number % 2) for number, u in enumerate(user.tolist())}
    of_queries = np.bincount(_of([u for u, _ in queries], pa.int64()), minlength=folds.FOLDS)
    assert by_name["min_label_position"].examples == tuple(of_queries.tolist())


def _delete_a_group(values: np.ndarray, fold: np.ndarray) -> float:
    """The standard error of a mean: pseudo-values of groups of unequal sizes (Busing, 1999)."""
    groups, size = np.unique(fold), values.size
    whole = values.mean()
    ratio = np.array([size / (fold == group).sum() for group in groups])
    without = np.array([values[fold != group].mean() for group in groups])
    jackknifed = groups.size * whole - ((1 - 1 / ratio) * without).sum()
    pseudo = ratio * whole - (ratio - 1) * without
    return math.sqrt(((pseudo - jackknifed) ** 2 / (ratio - 1)).sum() / groups.size)


def test_another_cluster_key_is_another_evaluation() -> None:
    eval_config = tfma_oracle.config(CONFIG)
    found = [
        find_tracked_metrics(eval_config, Selection("mean_squared_error"), key)
        for key in (None, "q", _KEY)
    ]
    assert len({spec.digest for spec in found if spec is not None}) == 3
