"""The report as one HTML file that asks for nothing: no network, no other file."""

import base64
import dataclasses
import functools
import gzip
import hashlib
import importlib.resources
import re
from collections import Counter
from collections.abc import Sequence

import jinja2

from checkpoint_sweep.common import templates
from checkpoint_sweep.common.json_safe import to_json
from checkpoint_sweep.report import sentences
from checkpoint_sweep.report.advice import at_the_edge, best_by_metric, more_examples
from checkpoint_sweep.report.document import Candidate, Disagreement, Report
from checkpoint_sweep.report.payload import payload
from checkpoint_sweep.selection.formatting import plain, plus_minus, with_sign
from checkpoint_sweep.selection.gap import describe_gaps, with_gap
from checkpoint_sweep.selection.verdict import Status, Verdict
from checkpoint_sweep.selection.verdict_table import in_words

_STATIC = importlib.resources.files("checkpoint_sweep.report") / "static"
_SCRIPTS = ("chart_data.js", "charts.js", "plot_charts.js", "table.js", "report.js")

# What could end a text in a style sheet.
_NOT_IN_STYLES = re.compile(r"[^\w .,:·()-]")


def render(report: Report, tfma: str | None = None) -> str:
    """Renders a complete HTML document.

    Args:
        report: Report to show.
        tfma: Name of the page of TFMA's own components beside this one; None where there is none.

    Text is in the document itself, so that it is there without scripts; data and the charts'
    library are compressed. The content security policy forbids every request and `eval`.
    """
    identity = sentences.identity(report)
    data = _packed(to_json(payload(report)).encode())
    decision = report.decision
    spread = decision.run_spread if decision else None
    worst = sentences.worst_slices(report)
    verdicts = decision.verdicts if decision else ()
    splits = list(dict.fromkeys(s for v in verdicts for s in v.splits))
    rows = [_row(candidate, report, splits) for candidate in report.candidates]
    return _template().render(
        style=_text("report.css"),
        script="\n".join(_text(name) for name in _SCRIPTS),
        vega=_vega(),
        data=data,
        # Of the content, so that the same report gives the same file.
        nonce=hashlib.sha256(data.encode()).hexdigest()[:32],
        tfma=tfma,
        headline=sentences.headline(report),
        advice=[text for text in (at_the_edge(report), more_examples(report)) if text],
        best_by_metric=best_by_metric(report),
        identity=identity,
        footer=_NOT_IN_STYLES.sub("_", identity),
        blessed=decision is not None and decision.blessed,
        known=decision is not None,
        metric=sentences.metric_title(report),
        level=f"{decision.selection.level:.0%}" if decision else "",
        rows=rows,
        measured=_is_measured(report),
        common_caution=_common_caution(report),
        worst=worst,
        worst_have_intervals=any(item.has_interval for item in worst),
        has_differences=any(row.verdict.difference for row in rows),
        splits=splits,
        split_sentences=[f"{text}." for text in describe_gaps(decision)] if decision else [],
        few=sentences.FEW_EXAMPLES,
        thresholds=[*map(str, report.thresholds), *report.made.get("split_thresholds", ())],
        chosen=report.chosen,
        runs=spread.runs if spread else (),
        spread=sentences.spread(report),
        threshold_note=sentences.threshold_note(report),
        facts=_facts(report),
        made=_made(report),
        disagreements=[_disagreement(found) for found in report.disagreements],
        has_baseline=report.baseline is not None,
        has_slices=len(report.slices) > 1,
        has_losses=bool(report.losses.training or report.losses.evaluation),
        loss_note=sentences.loss_note(report),
        has_plots=bool(report.plots),
    )


@dataclasses.dataclass(frozen=True)
class _Row:
    """A row of the table of verdicts.

    Attributes:
        candidate: Candidate.
        verdict: Its verdict; one that says nothing where it has none.
        value: Value of the selection metric with half the width of its interval.
        difference: Difference to the chosen with half the width of its interval.
        state: Status of the candidate.
        words: Its verdict in a few words.
        reason: Why it fared so; "" where `words` says it all.
        excluded_reason: Why it did not take part in the choice; None if it did.
        splits: Value on each of the other splits, and it with the gap as text.
    """

    candidate: Candidate
    verdict: Verdict
    value: str
    difference: str
    state: str
    words: str
    reason: str
    excluded_reason: str | None
    splits: Sequence[tuple[float | None, str]]


def _excluded_reason(candidate: Candidate) -> str | None:
    """Says why a candidate did not take part in the choice, thresholds aside; None if it did."""
    if candidate.reason:
        return candidate.reason
    verdict = candidate.verdict
    return verdict.reason if verdict and verdict.status is Status.EXCLUDED else None


def _row(candidate: Candidate, report: Report, splits: Sequence[str]) -> _Row:
    verdict = candidate.verdict or Verdict(
        candidate.name, candidate.step, eligible=False, value=None, reason=candidate.reason or ""
    )
    state = _state(candidate, candidate is report.chosen)
    value, difference = verdict.value, verdict.difference
    return _Row(
        candidate=candidate,
        verdict=verdict,
        value="" if value is None else plus_minus(value, verdict.half_width),
        difference=with_sign(difference.value, difference.interval, "+") if difference else "",
        state=state,
        words=_words(verdict, state, report),
        reason=_reason(candidate, verdict, state),
        excluded_reason=_excluded_reason(candidate),
        splits=[(verdict.splits.get(split), with_gap(verdict, split)) for split in splits],
    )


def _words(verdict: Verdict, state: str, report: Report) -> str:
    is_compared = state == "passed" and verdict.status in (Status.TIED_WITH_BEST, Status.WORSE)
    return in_words(verdict, report.decision) if is_compared and report.decision else state


def _reason(candidate: Candidate, verdict: Verdict, state: str) -> str:
    """Returns the reason of the verdict, unless the words of the verdict say it."""
    if state == "passed" and verdict.reason.startswith(("tied with", "significantly worse")):
        return ""
    return verdict.reason or candidate.reason or ""


def _disagreement(found: Disagreement) -> dict[str, str]:
    """Returns the texts of a row of the table of disagreements."""
    return {
        "example": f"row {found.row:,}" if found.key is None else found.key,
        "slices": ", ".join(f"{name}={value}" for name, value in found.slices.items()),
        "label": _number(found.label),
        "chosen": _number(found.chosen),
        "baseline": _number(found.baseline),
        "difference": _number(found.difference),
    }


def _number(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_number, value))
    return plain(value) if isinstance(value, int | float) else "–" if value is None else str(value)


def _is_measured(report: Report) -> bool:
    """Whether the seconds are of single candidates: those evaluated together share a measure."""
    seconds = [c.seconds for c in report.candidates if c.name in report.values and not c.reused]
    return len(seconds) > 1 and len(set(seconds)) == len(seconds)


def _common_caution(report: Report) -> str | None:
    """Returns the caution that several verdicts share, which is said once below the table."""
    verdicts = [candidate.verdict for candidate in report.candidates if candidate.verdict]
    shared = Counter(v.caution for v in verdicts if v.interval and v.caution).most_common(1)
    return next((caution for caution, count in shared if count > 1), None)


def _state(candidate: Candidate, is_chosen: bool) -> str:
    if is_chosen:
        return "chosen"
    if candidate.verdict and candidate.verdict.eligible:
        return "passed"
    return "skipped" if _excluded_reason(candidate) else "missed a threshold"


def _facts(report: Report) -> list[tuple[str, str]]:
    """Lists what stands beside the decision."""
    candidates, decision = report.candidates, report.decision
    verdicts = [candidate.verdict for candidate in candidates if candidate.verdict]
    examples = max((candidate.examples or 0 for candidate in candidates), default=0)
    averages = sum(candidate.is_average for candidate in candidates)
    runs = len({candidate.run for candidate in candidates} - {None})
    better = f"{decision.selection.direction.word} is better" if decision else ""
    return [
        (label, text)
        for label, text in (
            ("Chosen by", f"{sentences.metric_title(report)}, {better}"),
            ("Runs", f"{runs:,}" if runs else ""),
            ("Checkpoints", f"{len(candidates) - averages:,}"),
            ("Averages", f"{averages:,}" if averages else ""),
            ("Passed", f"{sum(v.eligible for v in verdicts):,}" if verdicts else ""),
            ("Examples", f"{examples:,}" if examples else ""),
        )
        if text.strip(", ")
    ]


def _made(report: Report) -> list[tuple[str, str]]:
    """Lists how the sweep was made, as labels and texts."""
    seconds = [candidate.seconds for candidate in report.candidates]
    reused = sum(candidate.reused for candidate in report.candidates)
    result = [
        (key.replace("_", " "), _plain(value))
        for key, value in report.made.items()
        if key != "runs"
    ]
    result += [
        (f"run {run['name']}", f"{run['model_run']}, in the graph of {run['model']}")
        for run in report.made.get("runs", ())
    ]
    result.append(("seconds of evaluation", f"{sum(seconds):,.1f} in all"))
    if reused:
        result.append(("reused", f"{reused:,} results of earlier executions"))
    return [(key, text) for key, text in result if text]


def _plain(value: object) -> str:
    if isinstance(value, dict):
        parts = [f"{key}: {text}" if (text := _plain(item)) else key for key, item in value.items()]
        return "; ".join(parts)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _packed(content: bytes) -> str:
    """Compresses content, in an alphabet that needs no escapes in HTML."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode("ascii")


@functools.cache
def _vega() -> str:
    return base64.b64encode((_STATIC / "vega.js.gz").read_bytes()).decode("ascii")


def _text(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


@functools.cache
def _template() -> jinja2.Template:
    environment = templates.environment(autoescape=True)
    environment.filters["plus_minus"] = plus_minus
    return environment.from_string(_text("report.html"))
