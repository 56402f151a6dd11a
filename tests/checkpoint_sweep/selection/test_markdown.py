from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.markdown import to_markdown
from checkpoint_sweep.selection.sweep_verdicts import AppliedSelection, SweepVerdicts
from checkpoint_sweep.selection.verdict import Verdict


def _found(verdicts: list[Verdict], chosen: str | None, reason: str = "why") -> SweepVerdicts:
    selection = AppliedSelection("auc", Direction.HIGHER_IS_BETTER)
    return SweepVerdicts(chosen, chosen is not None, reason, selection, verdicts)


def test_the_outcome_and_a_table_in_which_the_chosen_is_bold() -> None:
    verdicts = [
        Verdict("step-00000020", 20, True, 0.71, "worse", interval=(0.70, 0.72), in_best_set=True),
        Verdict("step-00000040", 40, True, 0.75, "best value", interval=(0.74, 0.76)),
    ]
    assert to_markdown(_found(verdicts, "step-00000040")).splitlines() == [
        "**BLESSED**: why",
        "",
        "| candidate | auc ↑ | Δ vs. chosen | verdict |",
        "| --- | ---: | ---: | --- |",
        "| step 20 | 0.710 ± 0.010 |  | tied with the best |",
        "| **step 40** | **0.750 ± 0.010** |  | **chosen** |",
    ]


def test_what_has_a_meaning_in_markdown_is_escaped() -> None:
    verdicts = [Verdict("step-00000020", 20, False, None, "a|b <i>")]
    text = to_markdown(_found(verdicts, None, "none on pay_type=*Cash*"))
    assert text.startswith(r"**NOT BLESSED**: none on pay\_type=\*Cash\*")
    assert text.endswith(r"| step 20 | – |  | a\|b \<i\> |")


def test_candidates_without_a_row_are_counted() -> None:
    verdicts = [Verdict(f"step-{i:08d}", i, False, None, "nan") for i in range(25)]
    assert to_markdown(_found(verdicts, None)).endswith("\n\n… and 23 more, skipped")
