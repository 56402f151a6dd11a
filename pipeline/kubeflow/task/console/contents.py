"""Reads what a console shows from what a sweep or an evaluation has written."""

import os
from collections.abc import Mapping
from typing import Protocol

import tensorflow as tf

from checkpoint_sweep.common.files import read_text
from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.common.names import OVERALL
from checkpoint_sweep.evaluation.results.metrics import EvaluationMetrics
from checkpoint_sweep.report.document import REPORT_HTML, Report
from checkpoint_sweep.report.read_plots import read_plots
from checkpoint_sweep.report.sweep_result import model_names_of, read_sweep
from checkpoint_sweep.tfx_components.evaluator.card import MODEL_CARD
from pipeline.kubeflow.task.console.card_page import card_page
from pipeline.kubeflow.task.console.system_metrics import (
    chosen_metrics,
    classification_metrics,
    scalar_metrics,
)


class Contents(Protocol):
    """What there is to show; each method raises what stands in its way."""

    def page(self) -> str:
        """Gives a page, HTML."""

    def metrics(self) -> dict[str, float]:
        """Gives the metadata of a `system.Metrics`."""

    def classification(self) -> Json:
        """Gives the metadata of a `system.ClassificationMetrics`."""


class SweepContents:
    """The report of a sweep, and the metrics of what it chose."""

    def __init__(self, evaluation: str) -> None:
        self._evaluation = evaluation

    def page(self) -> str:
        """Gives the report."""
        return read_text(os.path.join(self._evaluation, REPORT_HTML))

    def metrics(self) -> dict[str, float]:
        """Gives the metrics of the chosen, on all examples."""
        return chosen_metrics(self._report())

    def classification(self) -> Json:
        """Gives the plots of the chosen, of the output that it was chosen by."""
        report = self._report()
        decision = report.decision
        if decision is None or decision.chosen is None:
            return {}
        plots = report.plots.get(decision.chosen, [])
        of = decision.selection.metric_name._replace(sub_key="", name="")
        return classification_metrics(plots, str(of))

    def _report(self) -> Report:
        return read_sweep(self._evaluation).report


class EvaluationContents:
    """The model card of an evaluation, and the metrics of the model that was evaluated."""

    def __init__(self, evaluation: str, blessing: str, blessed: float | None) -> None:
        self._evaluation, self._blessing, self._blessed = evaluation, blessing, blessed

    def page(self) -> str:
        """Gives the model card."""
        path = os.path.join(self._blessing, MODEL_CARD)
        if not tf.io.gfile.exists(path):
            raise FileNotFoundError("This Evaluator has written no model card")
        return card_page(read_text(path))

    def metrics(self) -> dict[str, float]:
        """Gives the metrics of the model, on all examples."""
        metrics = EvaluationMetrics(self._evaluation).of_model(self._model_name)
        values = {str(metric): value for metric, value in metrics.get(OVERALL, {}).items()}
        return scalar_metrics({"blessed": self._blessed, **values})

    def classification(self) -> Json:
        """Gives the plots of the model."""
        return classification_metrics(read_plots(self._evaluation, self._model_name))

    @property
    def _model_name(self) -> str:
        return model_names_of(self._evaluation).candidate


def contents(shows: str, folders: Mapping[str, str], blessed: float | None) -> Contents:
    """Finds what a task has to show.

    Args:
        shows: Kind of the task: "sweep" or "evaluation".
        folders: Folders of the executor's outputs, by key.
        blessed: What the blessing says, 1 or 0; None where it says nothing.
    """
    if shows == "sweep":
        return SweepContents(folders["evaluation"])
    return EvaluationContents(folders["evaluation"], folders["blessing"], blessed)
