"""Names of metrics, slices and candidates."""

import dataclasses
import pickle
from collections.abc import Sequence

import pytest

from checkpoint_sweep.common.names import OVERALL, CandidateLabels, MetricName, SliceName


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (MetricName("", "", "auc"), "auc"),
        (MetricName("head", "", "auc"), "head/auc"),
        (MetricName("head", "classId:1/macro", "auc"), "head/auc/classId:1/macro"),
        (MetricName("head", "", "auc", "weighted"), "head/auc/weighted"),
    ],
)
def test_a_metric_is_printed_with_its_output_and_class(name: MetricName, text: str) -> None:
    assert str(name) == f"{name}" == text


@pytest.mark.parametrize(
    ("features", "text"),
    [
        ([], "overall"),
        ([("hour", 9)], "hour=9"),
        ([("pay", "Cash"), ("hour", 9)], "hour=9, pay=Cash"),
    ],
)
def test_a_slice_is_printed_by_its_features(features: list[tuple[str, object]], text: str) -> None:
    name = SliceName.of(features)
    assert str(name) == f"{name}" == text
    assert name.features == tuple(sorted(feature for feature, _ in features))


def test_a_slice_is_the_tuple_of_its_pairs() -> None:
    name = SliceName.of([["hour", 9]])
    assert name == (("hour", "9"),)
    assert {name: 1}[(("hour", "9"),)] == 1
    assert pickle.loads(pickle.dumps(name)) == name
    assert SliceName.of([]) == OVERALL


@dataclasses.dataclass(frozen=True)
class _Candidate(CandidateLabels):
    name: str
    step: int
    averaged: Sequence[int] | None = None


@pytest.mark.parametrize(
    ("averaged", "label"), [(None, "step 20"), ([10, 20], "average-last-2"), ([], "average-last-2")]
)
def test_a_checkpoint_goes_by_its_step_and_an_average_by_its_name(
    averaged: list[int] | None, label: str
) -> None:
    candidate = _Candidate("average-last-2", 20, averaged)
    assert candidate.label == label
    assert candidate.is_average == (averaged is not None)
