"""Writes a sweep's report into its evaluation artifact."""

import os
import time
from collections.abc import Mapping
from typing import Any

from absl import logging

from checkpoint_sweep.common.files import write_text
from checkpoint_sweep.common.json_safe import to_json
from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.report.document import (
    METRICS_CSV,
    REPORT_HTML,
    REPORT_JSON,
    TFMA_HTML,
    Report,
)
from checkpoint_sweep.report.gather import gather
from checkpoint_sweep.report.page import render
from checkpoint_sweep.report.rows import to_csv
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.report.tfma_page import render_tfma


def write_report(
    swept: SweepResult, model_run: str | None = None, made: Mapping[str, Any] | None = None
) -> str:
    """Writes `report.json`, `metrics.csv`, `tfma.html` and `report.html`, each whole or not at all.

    All are made before the first is written, so that an error leaves none. Where TFMA's components
    cannot be given what they need, there is no `tfma.html`, and the page has no link to it.

    Args:
        swept: Sweep, with its decision.
        model_run: Directory of the checkpoints, for the losses; None without.
        made: Provenance of the sweep, as far as its files do not tell it.

    Returns:
        The path of the page.
    """
    dated = {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), **(made or {})}
    report = gather(swept.directory, swept.decision, model_run, dated)
    tfma = _tfma(swept.directory, report)
    files = {
        REPORT_JSON: to_json(report.to_dict()) + "\n",
        METRICS_CSV: to_csv(report),
        **({TFMA_HTML: tfma} if tfma else {}),
        REPORT_HTML: render(report, TFMA_HTML if tfma else None),
    }
    for name, text in files.items():
        write_text(os.path.join(swept.directory, name), text)
    return os.path.join(swept.directory, REPORT_HTML)


def _tfma(evaluation: str, report: Report) -> str | None:
    try:
        return render_tfma(evaluation, report)
    except Exception as error:
        logging.warning(
            "The report has no page of TFMA's components: %s", first_line(error), exc_info=True
        )
        return None


def try_to_write_report(swept: SweepResult, made: Mapping[str, Any]) -> None:
    """Writes the report at the end of a sweep; a failure is a warning.

    Args:
        swept: Sweep, with its decision.
        made: Provenance of the sweep, as far as its files do not tell it; with `model_run`.
    """
    try:
        path = write_report(swept, _run_with_losses(swept, made), made)
        logging.info("The report: %s", path)
    except Exception as error:
        logging.warning("There is no report of this sweep: %s", first_line(error), exc_info=True)


def _run_with_losses(swept: SweepResult, made: Mapping[str, Any]) -> str | None:
    """Finds the directory of the run that the chosen checkpoint is of."""
    runs = {run["name"]: run["model_run"] for run in made.get("runs", ())}
    if not runs:
        return str(made["model_run"])
    return runs.get(swept.run) if swept.winner else None
