"""Compares random evaluations with stock TFMA, on the whole way from files to files.

Run by `make fuzz`; a few fixed seeds are part of the tests.

Over 300 lines, since each part hands the next what was drawn.
"""

import contextlib
import dataclasses
import json
import logging
import math
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import tensorflow_model_analysis as tfma
import typer
from absl import logging as absl_logging
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import metrics_for_slice_pb2

from checkpoint_sweep.common.named_thresholds import with_thresholds_at_metrics
from checkpoint_sweep.evaluation.results.candidate import read_predictions
from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.checkpoint_sweep.evaluation import tfma_oracle
from tests.support import passthrough_model, random_evaluations
from tests.support.random_evaluations import Evaluation, Model
from tests.support.random_traits import with_traits


@dataclasses.dataclass(frozen=True)
class Deviation:
    """Where the engine may differ from stock TFMA.

    Attributes:
        where: a regular expression, found in the path of the value.
        reason: why.
        relative, absolute: how far the two values may be apart.
        only: the evaluations in which it may.
        stock_is_nan: whether it may only where stock TFMA has NaN, and the engine a number.
    """

    where: str
    reason: str
    relative: float = 0.0
    absolute: float = 0.0
    only: Callable[[Evaluation], bool] = lambda case: True
    stock_is_nan: bool = False

    def allows(self, case: Evaluation, path: str, expected: float, actual: float) -> bool:
        """Whether a difference is this one."""
        if self.stock_is_nan and (not math.isnan(expected) or math.isnan(actual)):
            return False
        near = math.isinf(self.relative) or math.isclose(
            expected, actual, rel_tol=self.relative, abs_tol=self.absolute
        )
        return near and self.only(case) and bool(re.search(self.where, path))


def _diverges_in_several_batches(case: Evaluation) -> bool:
    return bool(case.candidates[case.compared].bad) and case.batch_size < len(case.rows)


DEVIATIONS = (
    Deviation(
        f"{random_evaluations.KERAS}_",
        "TFMA adds up Keras metrics in float32, the engine in float64",
        relative=2e-5,
        absolute=2e-6,
    ),
    Deviation(
        "SquaredPearsonCorrelation.*sub_key",
        "TFMA forgets which class, k or top k the metric is of, and correlates all classes",
        relative=math.inf,
    ),
    Deviation(
        f"{random_evaluations.KERAS}_(Squared)?Hinge",
        "Keras converts the labels of a batch if all are 0 and 1, and a batch of the engine's with "
        "predictions that are not finite goes through Keras by itself: NaN, infinity or a number",
        relative=math.inf,
        only=_diverges_in_several_batches,
    ),
    Deviation(
        'float_value: nan.*"(Mean(Absolute|Squared)|BinaryCrossEntropy|CategoricalCrossEntropy'
        "|SymmetricPrediction|.*[Ff]lip)",
        "TFMA merges several accumulators of the slice of NaN, and the first of several counts "
        "twice in these metrics",
        relative=math.inf,
    ),
    Deviation(
        f"float_value: nan.*{random_evaluations.KERAS}_(Squared)?Hinge",
        "Keras converts the labels of a batch if all are 0 and 1, and in TFMA several accumulators "
        "of the slice of NaN are several batches",
        relative=math.inf,
    ),
    Deviation(
        "float_value: nan",
        "TFMA counts a query in the slice of NaN as often as it has examples with NaN there",
        relative=math.inf,
        only=lambda case: case.by_query,
    ),
    Deviation(
        r'top_k .*name: "CalibrationPlot_.*/buckets\[0\]/totalWeightedRefinedPrediction$',
        "TFMA multiplies the weight 0 by the -infinity of a prediction that top k drops",
        relative=math.inf,
        stock_is_nan=True,
    ),
)


@dataclasses.dataclass(frozen=True)
class Refusal:
    """Where either the engine or stock TFMA raises, and the other need not.

    Attributes:
        message: part of the error's message.
        reason: why.
        only: the evaluations in which the other need not.
    """

    message: str
    reason: str
    only: Callable[[Evaluation], bool] = lambda case: True


REFUSALS = (
    Refusal(
        "inhomogeneous shape",
        "Keras metrics take batches of examples that have as many labels and weights each; TFMA's "
        "batches of up to 1,000 examples are others than the engine's",
        only=lambda case: case.batch_size < len(case.rows),
    ),
    Refusal(
        "'<' not supported between instances of",
        "TFMA sorts metrics by a comparison that is not defined for all keys: it depends on their "
        "order whether it fails",
    ),
    Refusal(
        "ZeroDivisionError",
        "TFMA's PrevalenceThreshold divides Python's numbers, and has no value where it is 0 by 0",
        only=lambda case: "PrevalenceThreshold" in case.config,
    ),
)


# What the engine refuses, whatever stock TFMA does.
REFUSED = (
    Refusal("are both named", "Stock TFMA keeps the value of one of two metrics with one name"),
    Refusal(
        "The example weight 'w' is missing in",
        "Stock TFMA takes it for 1 in a batch in which no example has one, and fails on others",
    ),
    Refusal(
        "The label 'y' is missing in",
        "Stock TFMA counts such an example as wrong or as right, or fails, by its batches",
    ),
    Refusal(
        "Received a label value of",
        "Stock TFMA computes no metric of examples that are in no slice",
        only=lambda case: '"nowhere"' in case.config,
    ),
)


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What came of one evaluation.

    Attributes:
        outcome: in a word or two.
        differences: none if all is as in stock TFMA.
    """

    outcome: str
    differences: tuple[str, ...] = ()


class Models:
    """SavedModels, each written once.

    Args:
        directory: where to.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._written: dict[Path, ModelSource] = {}

    def get(self, model: Model, case: Evaluation, input_type: str = "") -> ModelSource:
        """The model as an evaluation has it, with inputs of this type by name."""
        of_classes = "-classes" * bool(case.vocabulary)
        name = f"{model.scale}-{model.bad}-{case.width}-{len(case.outputs)}{of_classes}"
        where = self._directory / (input_type or "serialized") / name
        if where not in self._written:
            self._written[where] = passthrough_model.write_model(
                where,
                case.width,
                model.scale,
                model.bad,
                case.outputs,
                case.vocabulary,
                input_type,
            )
        return self._written[where]


def compare(case: Evaluation, directory: Path, models: Models) -> Comparison:
    """Evaluates both candidates by the engine, and one of them by stock TFMA.

    Args:
        directory: an empty one.
        models: to find the SavedModels in.
    """
    data = passthrough_model.write_examples(directory / "data", case.rows)
    has_baseline = case.baseline is not None
    config = with_thresholds_at_metrics(tfma_oracle.config(case.config, has_baseline))

    sources = [models.get(model, case, case.input_type) for model in case.candidates]
    baseline = models.get(case.baseline, case, case.input_type) if case.baseline else None

    def stock(model: Model) -> str | Exception:
        candidate = models.get(model, case)
        other = models.get(case.baseline, case) if case.baseline else None
        output = str(directory / "tfma" / candidate.name)
        try:
            return tfma_oracle.run_tfma(data, config, candidate, output, other, case.batch_size)
        except Exception as error:
            return error

    try:
        outputs = tfma_oracle.run_engine(
            data, config, sources, str(directory / "engine"), baseline, case.batch_size
        )
    except Exception as error:
        # A failure that is not for want of finite predictions ends all candidates.
        for model in case.candidates:
            if isinstance(stock(dataclasses.replace(model, bad=0.0)), Exception):
                return Comparison("both refuse")
        if any(known.message in str(error) and known.only(case) for known in REFUSED):
            return Comparison("known refusal")
        return Comparison("differs", (f"only the engine raises: {_summary(error)}",))
    expected, actual = stock(case.candidates[case.compared]), outputs[case.compared]
    left_out = bool(read_predictions(actual).failed)
    if isinstance(expected, Exception):
        message = _summary(expected)
        if any(known.message in message and known.only(case) for known in REFUSALS):
            return Comparison("known refusal")
        if left_out and not list(Path(actual).glob("metrics*")):
            return Comparison("skipped")
        return Comparison("differs", (f"only stock TFMA raises: {_summary(expected)}",))
    if left_out:
        return Comparison("differs", ("only the engine leaves the candidate out",))
    name = tfma.CANDIDATE_KEY if has_baseline else None
    found = [
        text
        for text in tfma_oracle.differences(
            *(_load(case, output, name) for output in (expected, actual)), diff=1e-7
        )
        if not _known(case, text)
    ]
    return Comparison("differs" if found else "equal", tuple(found))


def _load(case: Evaluation, output: str, model_name: str | None) -> Any:
    if case.by_query or case.hides_slices:
        return _records(output)
    loaded: dict[str, Any] = tfma_oracle.load(output, model_name)
    loaded["validation"] = _named(loaded["validation"])
    return _without_samples(loaded) if case.samples else loaded


def _named(value: Any) -> Any:
    """A validation result whose lists of slices and metrics are dicts by their keys."""
    if isinstance(value, dict):
        return {key: _named(item) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if all(isinstance(item, dict) and "metricKey" in item for item in value):
        return {json.dumps(item["metricKey"], sort_keys=True): _named(item) for item in value}
    if any(isinstance(item, dict) and "sliceKey" in item for item in value):
        return {_slice_name(item.get("sliceKey", {})): _named(item) for item in value}
    return [_named(item) for item in value]


def _slice_name(key: dict[str, Any]) -> str:
    parsed = json_format.ParseDict(key, metrics_for_slice_pb2.SliceKey())
    return text_format.MessageToString(parsed, as_one_line=True)


def _records(output: str) -> dict[str, Any]:
    """All values of all records.

    A slice may have a record for each query key, and `tfma.load_eval_result` may leave out those of
    hidden slices.
    """
    found: dict[str, Any] = {}
    for record in (*tfma.load_metrics(output), *tfma.load_plots(output)):
        metrics = isinstance(record, metrics_for_slice_pb2.MetricsForSlice)
        entries = record.metric_keys_and_values if metrics else record.plot_keys_and_values
        messages = record.metrics if metrics else record.plots
        slice_key = text_format.MessageToString(record.slice_key, as_one_line=True)
        of = f"{type(record).__name__} {slice_key}"
        for entry in entries:
            key = text_format.MessageToString(entry.key, as_one_line=True)
            found[f"{of} {key}"] = json_format.MessageToDict(entry)
        found.update({f"{of} {name}": value.debug_message for name, value in messages.items()})
    found["validation"] = tfma.load_validation_result(output).validation_ok
    return found


def _without_samples(value: Any) -> Any:
    """Results in which an interval is nothing but the names of its fields."""
    if isinstance(value, dict):
        return {
            key: sorted(item) if key == "confidenceInterval" else _without_samples(item)
            for key, item in value.items()
        }
    return [_without_samples(item) for item in value] if isinstance(value, list) else value


def _known(case: Evaluation, text: str) -> bool:
    if text.endswith((" only in expected", " only in actual")):  # A threshold is missed in one.
        return any(known.allows(case, text, 0, math.inf) for known in DEVIATIONS)
    path, _, values = text.rpartition(": ")
    expected, _, actual = values.partition(" and ")
    try:
        a, b = (float(value.strip("'")) for value in (expected, actual))
    except ValueError:
        return False
    return any(deviation.allows(case, path, a, b) for deviation in DEVIATIONS)


def _summary(error: BaseException) -> str:
    """The error that started it, in a line."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {str(error)[:300]}".replace("\n", " ")


def main(
    minutes: Annotated[float, typer.Option(help="How long to go on.")] = 60.0,
    seed: Annotated[int, typer.Option(help="The first; each case has the next.")] = 0,
    only: Annotated[bool, typer.Option("--only", help="Just this seed, in full.")] = False,
) -> None:
    """Compare random evaluations with stock TFMA.

    A line for each difference, three at most of a seed, which repeats it with --only. Ctrl-C ends
    it early. Exit status: 0 if all was as in stock TFMA, 1 if anything differed.
    """
    absl_logging.set_verbosity(absl_logging.FATAL)
    logging.disable(logging.CRITICAL)
    outcomes: Counter[str] = Counter()
    differed: list[int] = []
    end = time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as directory, contextlib.suppress(KeyboardInterrupt):
        models = Models(Path(directory) / "models")
        while time.monotonic() < end:
            case = with_traits(random_evaluations.evaluation(seed))
            if only:
                print(case)
            with tempfile.TemporaryDirectory(dir=directory) as fresh:
                try:
                    found = compare(case, Path(fresh), models)
                except Exception as error:
                    found = Comparison("cannot be compared", (_summary(error),))
            outcomes[found.outcome] += 1
            for text in found.differences if only else found.differences[:3]:
                print(f"seed {seed}: {text}", flush=True)
            if found.differences:
                differed.append(seed)
            if only:
                break
            seed += 1
    counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
    print(f"{outcomes.total()} evaluations: {counts}. Seeds that differed: {differed or 'none'}.")
    raise typer.Exit(bool(differed))


if __name__ == "__main__":
    typer.run(main)
