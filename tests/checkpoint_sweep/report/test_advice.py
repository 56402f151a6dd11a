"""What a report says to do next."""

import dataclasses

import pytest

from checkpoint_sweep.report.advice import at_the_edge, best_by_metric, more_examples
from checkpoint_sweep.report.document import ReportedThreshold
from checkpoint_sweep.selection.verdict import Difference
from tests.checkpoint_sweep.report import fake_report


@pytest.mark.parametrize(
    ("values", "says"),
    [
        pytest.param([0.7, 0.9, 0.8], "", id="in between"),
        pytest.param([0.7, 0.8, 0.9], "train longer", id="the last"),
        pytest.param([0.9, 0.8, 0.7], "save checkpoints more often", id="the first"),
        pytest.param([0.9, 0.9, 0.9], "save checkpoints more often", id="equal ones"),
        pytest.param([0.7, 0.9], "", id="too few to say"),
    ],
)
def test_the_best_at_an_end_of_the_training_is_said(values: list[float], says: str) -> None:
    made = fake_report.with_verdicts(
        fake_report.report(checkpoints=len(values)),
        lambda candidate: {"value": values[candidate.step // 100 - 1]},
    )
    assert says in at_the_edge(made)
    assert bool(at_the_edge(made)) == bool(says)


@pytest.mark.parametrize(
    ("gains", "says"),
    [
        pytest.param([0.001, 0.001], "about 300,000 examples", id="a tenth of the margin"),
        pytest.param([0.001, 0.005], "about 300,000 examples", id="the harder half"),
        pytest.param([0.0, 0.0], "", id="equal"),
        pytest.param([], "", id="none is tied"),
    ],
)
def test_more_examples_shrink_the_margin_by_their_root(gains: list[float], says: str) -> None:
    made = fake_report.report(checkpoints=3)
    others = [c.name for c in made.candidates if c is not made.chosen][: len(gains)]
    tied = dict(zip(others, gains, strict=True))

    def change(candidate: fake_report.Candidate) -> dict[str, object]:
        gain = tied.get(candidate.name)
        difference = None if gain is None else Difference(gain, 0.004, (gain - 0.01, gain + 0.01))
        return {"in_best_set": gain is not None, "difference": difference}

    found = more_examples(fake_report.with_verdicts(made, change))
    assert says in found
    assert bool(found) == bool(says)


def test_each_metric_with_a_direction_has_its_best() -> None:
    made = fake_report.report(checkpoints=2, slices=0, nan=(0,))
    values = {"step-00000100": [[0.5, 0.1, 50.0]], "step-00000200": [[0.6, 0.2, 50.0]]}
    loss = ReportedThreshold("binary_crossentropy", {}, "value", upper=0.5)
    made = dataclasses.replace(made, values=values, thresholds=[loss], intervals=[])
    (auc,) = best_by_metric(made)[:1]
    assert (auc.metric, auc.candidate.step, auc.text, auc.chosen_text) == ("auc", 200, "0.6", "0.6")
    made = fake_report.with_verdicts(made, lambda _: {"eligible": True})
    found = {row.metric: (row.candidate.step, row.text) for row in best_by_metric(made)}
    assert found == {"auc": (200, "0.6"), "binary_crossentropy": (100, "0.1")}
