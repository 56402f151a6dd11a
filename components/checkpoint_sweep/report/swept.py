"""What a finished sweep knows in numbers, read once for all that is made of it."""

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tensorflow_model_analysis.writers import eval_config_writer

from checkpoint_sweep.evaluation.results.ledger import EVALUATED, Entry, read_ledger
from checkpoint_sweep.evaluation.results.metrics import Slice, read_metrics
from checkpoint_sweep.selection.metric_lookup import MetricName

OVERALL: Slice = ()
# Single numbers by slice and name.
Metrics = Mapping[Slice, Mapping[MetricName, float]]


@dataclasses.dataclass(frozen=True)
class Swept:
    """A finished sweep.

        swept = read_swept(evaluation.uri, verdicts)
        print(swept.chosen.step, swept.metrics[swept.chosen.name])

    Attributes:
        evaluation: folder of its evaluation.
        verdicts: the content of `verdicts.json`.
        evaluated: the ledger's entries of candidates that have results, by step.
        model_name: of the candidate in the results; empty when there is no baseline.
        metrics: by the name of the candidate.
    """

    evaluation: str
    verdicts: Mapping[str, Any]
    evaluated: Sequence[Entry]
    model_name: str
    metrics: Mapping[str, Metrics]

    @property
    def checkpoints(self) -> list[Entry]:
        """The entries that are of one step; averages are of several."""
        return [entry for entry in self.evaluated if entry.averaged is None]

    @property
    def chosen(self) -> Entry | None:
        """The entry of the chosen candidate; None when none is eligible."""
        name = self.verdicts["chosen"]
        return next((entry for entry in self.evaluated if entry.name == name), None)

    def results(self, entry: Entry) -> str:
        """The folder of a candidate's results."""
        return os.path.join(self.evaluation, entry.name)


def read_swept(evaluation: str, verdicts: Mapping[str, Any]) -> Swept:
    """Reads a sweep's metrics, and none of its plots.

        with open(f"{blessing.uri}/verdicts.json") as file:
            swept = read_swept(evaluation.uri, json.load(file))

    Args:
        evaluation: folder of the evaluation artifact.
        verdicts: the content of `verdicts.json` in the blessing artifact.
    """
    evaluated = [entry for entry in read_ledger(evaluation) if entry.status == EVALUATED]
    model_name = ""
    if evaluated:
        model_name = model_name_of(os.path.join(evaluation, evaluated[0].name))
    metrics = {
        entry.name: read_metrics(os.path.join(evaluation, entry.name), model_name)
        for entry in evaluated
    }
    return Swept(evaluation, verdicts, evaluated, model_name, metrics)


def model_name_of(results: str) -> str:
    """What the candidate is called in a folder of results; empty without a baseline."""
    config = eval_config_writer.load_eval_run(results)[0]
    specs = config.model_specs if config else []
    return next((spec.name for spec in specs if not spec.is_baseline), "")


def full_name(metric: MetricName) -> str:
    """A metric as it is shown: its name, after the output and before the class it is of."""
    output, sub_key, name = metric
    return "/".join(part for part in (output, name, sub_key) if part)


def slice_name(where: Slice) -> str:
    """A slice as it is shown."""
    return ", ".join(f"{feature}={value}" for feature, value in where) or "overall"


def largest_slices(all_metrics: Iterable[Metrics], most: int) -> list[Slice]:
    """The overall slice, and then those with the most examples.

    Without counts of examples, those that come first by name.

    Args:
        all_metrics: of several candidates.
        most: how many there may be.
    """
    counts: dict[Slice, float] = {}
    for metrics in all_metrics:
        for where, of in metrics.items():
            count = next((v for (_, _, name), v in of.items() if name == "example_count"), 0.0)
            counts[where] = max(counts.get(where, 0.0), count)
    return sorted(counts, key=lambda where: (where != OVERALL, -counts[where], where))[:most]
