"""Names of metrics, slices and candidates, as files hold them and as people read them."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tensorflow_model_analysis.proto import config_pb2

# TFMA's metrics that count the examples of a slice, the unweighted count first.
EXAMPLE_COUNTS = ("example_count", "weighted_example_count")
# In the place of an output: that a metric is one of the model function's own.
MODEL_FUNCTION = "model_fn"


class MetricName(NamedTuple):
    """Names a metric of a model.

    >>> str(MetricName("head", "classId:1", "auc"))
    'head/auc/classId:1'
    >>> str(MetricName("", "", "auc", "weighted"))
    'auc/weighted'

    Attributes:
        output_name: Output of a multi-output model; "" for the only one.
        sub_key: Class, top k or kind of average, as TFMA prints it; "" for none.
        name: Name that TFMA gives the metric.
        weighting: "weighted" or "unweighted", by the weights of examples, where an evaluation
            computes both; "" where it computes one of them.
    """

    output_name: str
    sub_key: str
    name: str
    weighting: str = ""

    def __str__(self) -> str:
        parts = (self.output_name, self.name, self.sub_key, self.weighting)
        return "/".join(part for part in parts if part)


def weighting(weighted: bool | None) -> str:
    """Returns the weighting in the name of a metric.

    Args:
        weighted: Whether examples count by their weights; None where that needs no saying.
    """
    if weighted is None:
        return ""
    return "weighted" if weighted else "unweighted"


class ModelNames(NamedTuple):
    """Names the models of an evaluation in TFMA's results.

    Attributes:
        candidate: Name of the candidate's model spec; "" where it is the only one.
        baseline: Name of the baseline's model spec; None without a baseline.
    """

    candidate: str = ""
    baseline: str | None = None

    @classmethod
    def of(cls, eval_config: "config_pb2.EvalConfig | None") -> "ModelNames":
        """Reads the names from an evaluation config; None and one without model specs have none."""
        specs = eval_config.model_specs if eval_config else ()
        names = {spec.is_baseline: spec.name for spec in specs}
        return cls(names.get(False, ""), names.get(True))


class SliceName(tuple[tuple[str, str], ...]):
    """Names a slice by pairs of feature and value, both as text; empty for all examples.

    >>> str(SliceName.of({"hour": 9, "day": "Mon"}.items()))
    'day=Mon, hour=9'
    >>> str(SliceName())
    'overall'
    """

    __slots__ = ()

    @classmethod
    def of(cls, features: Iterable[Sequence[object]]) -> "SliceName":
        """Makes a name of pairs of feature and value, sorted by feature."""
        return cls(sorted((str(feature), str(value)) for feature, value in features))

    @property
    def features(self) -> tuple[str, ...]:
        """The features, sorted."""
        return tuple(feature for feature, _ in self)

    def __str__(self) -> str:
        return ", ".join(f"{feature}={value}" for feature, value in self) or "overall"


# All examples together.
OVERALL = SliceName()


class CandidateLabels:
    """Labels whatever is about one candidate: a checkpoint, or an average of checkpoints.

    Attributes:
        name: Name of the candidate.
        step: Training step; the step of its newest checkpoint for an average.
        averaged: Steps of the checkpoints in an average; None for a checkpoint.
        run: Name of the run in a sweep of several; None in a sweep of one.
    """

    name: str
    step: int
    averaged: Sequence[int] | None
    run: str | None = None

    @property
    def is_average(self) -> bool:
        """Whether the candidate is an average of checkpoints."""
        return self.averaged is not None

    @property
    def label(self) -> str:
        """Name of the candidate in sentences: a checkpoint's step, or an average's name."""
        return self.name if self.is_average else labelled(f"step {self.step}", self.run)

    @property
    def place(self) -> tuple[tuple[tuple[bool, int, str], ...], int, bool]:
        """Place in a list: by run, then by step, averages after checkpoints."""
        return natural_order(self.run or ""), self.step, self.is_average


def labelled(step: str, run: str | None) -> str:
    """Adds the name of its run, in a sweep of several, to the label of a step.

    >>> labelled("step 200", "seed-0"), labelled("step 200", None)
    ('step 200 of seed-0', 'step 200')
    """
    return step if run is None else f"{step} of {run}"


def without_run(fields: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields of a candidate as files have them: without a run in a sweep of one."""
    return {key: value for key, value in fields.items() if key != "run" or value is not None}


def natural_order(text: str) -> tuple[tuple[bool, int, str], ...]:
    """Returns what to sort a text by, so that numbers in it go by their values.

    >>> sorted(["seed-10", "seed-9"], key=natural_order)
    ['seed-9', 'seed-10']
    """
    parts = re.split(r"([0-9]+)", text)
    return tuple(
        (part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts if part
    )
