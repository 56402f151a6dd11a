"""The report as one HTML file that asks for nothing: no network, no other file."""

import base64
import functools
import gzip
import hashlib
import importlib.resources
from typing import Any

import jinja2

from checkpoint_sweep.report import words
from checkpoint_sweep.report.document import Candidate, Report, selected, slice_title
from checkpoint_sweep.report.payload import payload
from checkpoint_sweep.report.views.json_safe import to_json
from checkpoint_sweep.selection.words import plus_minus

_STATIC = importlib.resources.files("checkpoint_sweep.report") / "static"
_SCRIPTS = ("chart_data.js", "charts.js", "plot_charts.js", "table.js", "report.js")


def render(report: Report, tfma: str | None = None) -> str:
    """A complete HTML document.

    Args:
        report: what it shows.
        tfma: name of the page of TFMA's own components beside this one; None where there is none.

    Text is in the document itself, so that it is there without scripts; data and the charts'
    library are compressed. The content security policy forbids every request and `eval`.
    """
    data = _packed(to_json(payload(report)).encode())
    decision = report["decision"]
    return _template().render(
        style=_text("report.css"),
        script="\n".join(_text(name) for name in _SCRIPTS),
        vega=_vega(),
        data=data,
        # Of the content, so that the same report gives the same file.
        nonce=hashlib.sha256(data.encode()).hexdigest()[:32],
        report=report,
        tfma=tfma,
        headline=words.headline(report),
        blessed=decision is not None and decision["blessed"],
        known=decision is not None,
        metric=words.metric_title(report),
        direction=_direction(report),
        rows=[_row(report, candidate) for candidate in report["candidates"]],
        common_caution=_common_caution(report),
        left_out=[c for c in report["candidates"] if _left_out(c)],
        worst=words.worst_slices(report),
        few=words.FEW_EXAMPLES,
        thresholds=[_threshold(dict(threshold)) for threshold in report["thresholds"]],
        facts=_facts(report),
        made=_made(report),
        has_baseline=report["baseline"] is not None,
        has_slices=len(report["slices"]) > 1,
        has_losses=any(report["losses"].values()),
        loss_note=words.loss_note(report),
        has_plots=bool(report["plots"]),
        has_metric=selected(report) is not None,
    )


def _direction(report: Report) -> str:
    selection = report["decision"]["selection"] if report["decision"] else {}
    return str(selection.get("direction", "")).replace("_", " ").lower()


def _left_out(candidate: Candidate) -> str | None:
    """Why a candidate did not take part in the choice, thresholds aside."""
    if candidate["reason"]:
        return candidate["reason"]
    verdict = candidate["verdict"]
    if verdict and not verdict["eligible"] and not verdict["missed"]:
        return str(verdict["reason"])
    return None


def _row(report: Report, candidate: Candidate) -> dict[str, Any]:
    """Cells of the table of verdicts: texts, and what to sort by."""
    decision = report["decision"]
    verdict = candidate["verdict"] or {}
    difference = verdict.get("difference")
    chosen = decision is not None and decision["chosen"] == candidate["name"]
    value = verdict.get("value")
    return {
        "name": candidate["label"],
        "step": candidate["step"],
        "averaged": candidate["averaged"],
        "value": value,
        "value_text": "" if value is None else plus_minus(value, words.half_width(verdict)),
        "difference": difference["value"] if difference else None,
        "difference_text": plus_minus(difference["value"], words.half_width(difference))
        if difference
        else "",
        "in_set": verdict.get("in_best_set"),
        "state": _state(candidate, chosen),
        "reason": verdict.get("reason") or candidate["reason"] or "",
        "missed": verdict.get("missed") or [],
        "caution": verdict.get("caution"),
        "seconds": candidate["seconds"],
        "reused": candidate["reused"],
        "left_out": _left_out(candidate),
    }


def _common_caution(report: Report) -> str | None:
    """The caution of all verdicts, if they share one: it is said once."""
    verdicts = [c["verdict"] for c in report["candidates"] if c["verdict"]]
    cautions = {v.get("caution") for v in verdicts if v.get("interval")}
    return cautions.pop() if len(cautions) == 1 else None


def _state(candidate: Candidate, chosen: bool) -> str:
    if chosen:
        return "chosen"
    verdict = candidate["verdict"]
    if verdict and verdict["eligible"]:
        return "eligible"
    return "left out" if _left_out(candidate) else "missed a threshold"


def _threshold(threshold: dict[str, Any]) -> str:
    """In words."""
    where = ", ".join(
        f"{feature}={value}" if value is not None else f"each {feature}"
        for feature, value in threshold["slice"].items()
    )
    change = threshold["kind"] == "change"
    parts = [
        f"{words_} {threshold[key]:g}"
        for key, words_ in (
            ("lower", "at least"),
            ("upper", "at most"),
            ("absolute", "by at most"),
            ("relative", "by a share of at most"),
        )
        if threshold[key] is not None
    ]
    text = " and ".join(parts) or "no worse"
    what = (
        f"change of {threshold['metric']} against the baseline" if change else threshold["metric"]
    )
    return f"{what} on {where or 'all examples'}: {text}"


def _facts(report: Report) -> list[tuple[str, str]]:
    """What stands beside the decision."""
    candidates = report["candidates"]
    verdicts = [c["verdict"] for c in candidates if c["verdict"]]
    examples = max((c["examples"] or 0 for c in candidates), default=0)
    averages = sum(c["averaged"] is not None for c in candidates)
    return [
        (label, text)
        for label, text in (
            ("Chosen by", f"{words.metric_title(report)}, {_direction(report)}"),
            ("Checkpoints", f"{len(candidates) - averages:,}"),
            ("Averages", f"{averages:,}" if averages else ""),
            ("Eligible", f"{sum(v['eligible'] for v in verdicts):,}" if verdicts else ""),
            ("Examples", f"{examples:,}" if examples else ""),
        )
        if text.strip(", ")
    ]


def _made(report: Report) -> list[tuple[str, str]]:
    """How the sweep was made, as labels and texts."""
    seconds = [c["seconds"] for c in report["candidates"]]
    reused = sum(c["reused"] for c in report["candidates"])
    result = [(key.replace("_", " "), _plain(value)) for key, value in report["made"].items()]
    result.append(("seconds of evaluation", f"{sum(seconds):,.1f} in all"))
    if reused:
        result.append(("taken over", f"{reused:,} results of earlier executions"))
    return [(key, text) for key, text in result if text]


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _packed(content: bytes) -> str:
    """Compressed, in an alphabet that needs no escapes in HTML."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode("ascii")


@functools.cache
def _vega() -> str:
    return base64.b64encode((_STATIC / "vega.js.gz").read_bytes()).decode("ascii")


def _text(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["slice_title"] = slice_title
    return environment.from_string(_text("report.html"))
