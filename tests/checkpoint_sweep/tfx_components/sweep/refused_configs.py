"""Kinds of baselines, evaluation configs, selections and parameters that a sweep refuses.

Over 300 lines: a list, to which a kind adds a few lines.
"""

import json
import shutil
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from checkpoint_sweep.saved_model.model_source import VARIABLES
from checkpoint_sweep.selection.criteria import Direction
from tests.checkpoint_sweep.tfx_components.sweep.cases import AUC, Case, close, half, refusal
from tests.support import keras_run

COUNT = 'metrics { class_name: "ExampleCount" }'


refusal("the baseline has no weights")(lambda case: shutil.rmtree(case.baseline() / "variables"))
refusal("or they are damaged")(lambda case: half(case.baseline() / (VARIABLES + ".index")))
refusal("its weights may not be read")(lambda case: close(case, case.baseline()))
refusal("the data of the baseline are cut in half", "or they are damaged")(
    lambda case: half(case.baseline() / (VARIABLES + ".data-00000-of-00001"))
)
refusal("the baseline is no SavedModel", "the model artifact holds no SavedModel")(
    lambda case: shutil.rmtree(case.baseline())
)
refusal("the baseline's graph is damaged", "or damaged")(
    lambda case: (case.baseline() / "saved_model.pb").write_bytes(b"\xff" * 99)
)


def serve(outputs: Callable[[tf.Tensor], dict[str, tf.Tensor]], name: str) -> Callable:
    """Signatures of a Keras model."""

    def make(model: Any) -> dict[str, Any]:
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def serve(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            return outputs(model(keras_run.parse(examples)))

        return {name: serve}

    return make


refusal("it has not the signature")(
    lambda case: case.keras_baseline(serve(lambda value: {"probability": value}, "other"))
)
refusal("or several outputs")(
    lambda case: case.keras_baseline(
        serve(lambda value: {"a": value, "b": value}, "serving_default")
    )
)


@refusal("or takes what the examples do not have")
def _baseline_inputs(case: Case) -> None:
    def make(model: Any) -> dict[str, Any]:
        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="image")])
        def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"probability": model(image)}

        return {"serving_default": serve}

    case.keras_baseline(make)


@refusal("its predictions are not finite, and a metric fails on them (during the evaluation)")
def _diverged_baseline(case: Case) -> None:
    nan = float("nan")
    case.keras_baseline(serve(lambda value: {"probability": value * nan}, "serving_default"))


refusal("the selection metric is not computed")(lambda case: case.select("accuracy"))
refusal("there are no metrics", "the selection metric is not computed")(
    lambda case: case.config('model_specs { label_key: "big_tipper" }')
)


@refusal("the selection metric is a plot", "the selection metric is not computed")
def _plot(case: Case) -> None:
    case.configure(COUNT, COUNT + ' metrics { class_name: "CalibrationPlot" }')
    case.select("calibration_plot", direction=Direction.HIGHER_IS_BETTER)


@refusal("it stands for a weighted and an unweighted value")
def _both_weightings(case: Case) -> None:
    case.passthrough()
    both = "example_weights { weighted: true unweighted: true }"
    case.metrics(f"{AUC} {both}", 'example_weight_key: "weight"')


refusal("its direction is not declared")(lambda case: case.select("auc"))
refusal("or it is that of a formula")(lambda case: case.select("auc - binary_crossentropy"))
refusal("or declared twice, differently")(
    lambda case: case.configure(
        f"value_threshold {{ lower_bound {{ value: {0.0} }} }}",
        "change_threshold { absolute { value: 0 } direction: LOWER_IS_BETTER }",
    )
)


@refusal("or both ways by change thresholds")
def _both_directions(case: Case) -> None:
    change = "change_threshold { absolute { value: 0 } direction: %s }"
    case.configure(
        f"value_threshold {{ lower_bound {{ value: {0.0} }} }}",
        change % "LOWER_IS_BETTER"
        + " } } per_slice_thresholds { slicing_specs { feature_keys: 'payment_type' } threshold { "
        + change % "HIGHER_IS_BETTER",
    )


refusal("the slice is not in `slicing_specs`")(
    lambda case: case.select("auc", {"company": "Taxi"}, Direction.HIGHER_IS_BETTER)
)
refusal("or the data have no such value (after the evaluation)")(
    lambda case: case.select("auc", {"payment_type": "Gold"}, Direction.HIGHER_IS_BETTER)
)
refusal("the selection is none")(lambda case: case.parameters.update(selection="auc"))


def _selection(when: str, text: str, row: str = "the selection is none") -> None:
    def trigger(case: Case) -> None:
        case.parameters["selection"] = text

    refusal(when, row)(trigger)


_HIGHER = '"metric": "auc", "direction": "HIGHER_IS_BETTER"'
_selection("the selection names no metric", "{}")
_selection("the selection is a list", "[]")
_selection("the selection has another field", '{"metrik": "auc"}')
_selection("the direction is none", '{"metric": "auc", "direction": "UP"}')
_selection("the slice is text", f'{{{_HIGHER}, "slice": "overall"}}')
_selection("the policy is text", f'{{{_HIGHER}, "policy": "best"}}')
_POLICY = "the policy is not importable, does not take its fields, or is none"
refusal(_POLICY)(
    lambda case: case.parameters.update(
        selection=f'{{{_HIGHER}, "policy": {{"class": "my.Latest"}}}}'
    )
)
_WITHIN = "checkpoint_sweep.selection.policies.EarliestWithin"
_selection(
    "the policy has no such field",
    f'{{{_HIGHER}, "policy": {{"class": "{_WITHIN}", "k": 1}}}}',
    _POLICY,
)
_selection("the policy is none", f'{{{_HIGHER}, "policy": {{"class": "os.getcwd"}}}}', _POLICY)

_selection(
    "the margin of `EarliestWithin` is below 0",
    f'{{{_HIGHER}, "policy": {{"class": "{_WITHIN}", "margin": -1}}}}',
    "the margin of `EarliestWithin` is below 0",
)
_selection(
    "it names one slice, and several to choose across",
    f'{{{_HIGHER}, "slice": {{"a": 1}}, "across": {{"features": ["a"]}}}}',
    "it names one slice, and several to choose across",
)
_OUTPUT = "a formula has an output, a sub key or a weighting beside it"
_selection(_OUTPUT, '{"metric": "auc + 1", "output_name": "head"}', _OUTPUT)
_NEITHER = "neither features nor slices are named to choose across, or both"
_selection(_NEITHER, f'{{{_HIGHER}, "across": {{"combine": "mean"}}}}', _NEITHER)
_TWICE = "a slice is named twice"
_selection(_TWICE, f'{{{_HIGHER}, "across": {{"slices": [{{"a": 1}}, {{"a": "1"}}]}}}}', _TWICE)
_WORST = "the worst slice has weights"
_selection(
    _WORST,
    f'{{{_HIGHER}, "across": {{"features": ["a"], "combine": "worst", "weights": "n"}}}}',
    _WORST,
)
_WEIGHTS = "or the weights are not those of named slices"
_selection(
    _WEIGHTS,
    f'{{{_HIGHER}, "across": {{"slices": [{{"a": 1}}, {{"a": 2}}], "weights": [0.7]}}}}',
    _WEIGHTS,
)
_LEVEL = "the level of intervals and of the set is none"
_selection(_LEVEL, f'{{{_HIGHER}, "level": 1.5}}', _LEVEL)
_SET = "checkpoint_sweep.selection.set_policies"
_LATEST = f'{{{_HIGHER}, "policy": {{"class": "{_SET}.LatestOfSet"}}}}'


refusal(
    'a policy of the set has no standard errors to go by, such as with `engine="tfma"` '
    "(after the evaluation)"
)(lambda case: case.parameters.update(selection=_LATEST, engine="tfma", first_step=3))


def _secondary(metric: str) -> str:
    policy = f'"class": "{_SET}.SecondaryMetric", "metric": "{metric}"'
    return f'{{{_HIGHER}, "policy": {{{policy}, "direction": "HIGHER_IS_BETTER"}}}}'


_selection(
    "its secondary metric is not computed",
    _secondary("accuracy"),
    "the selection metric is not computed",
)


_FIRST = (
    f'{{{_HIGHER}, "policy": {{"class": '
    '"checkpoint_sweep.selection.earliest_eligible.EarliestEligible"}}'
)


@refusal("`EarliestEligible` has no threshold to go by")
def _nothing_to_meet(case: Case) -> None:
    case.configure(f"value_threshold {{ lower_bound {{ value: {0.0} }} }}", "")
    case.parameters["selection"] = _FIRST


refusal("or is to choose among those that a race leaves")(
    lambda case: case.parameters.update(selection=_FIRST, racing="{}")
)
refusal("errors are by cluster, and the engine estimates none")(
    lambda case: case.parameters.update(cluster_key="company", engine="tfma")
)


def _on_split(split: str, metric: str, **limits: float) -> Callable[[Case], None]:
    """A threshold on another split."""

    def trigger(case: Case) -> None:
        threshold = {"split": split, "metric": metric, **limits}
        case.parameters.update(other_splits='["test"]', split_thresholds=json.dumps([threshold]))

    return trigger


refusal("a threshold is on a split that is not beside")(_on_split("train", "auc", lower=0.5))
refusal("or has no limit, or two")(_on_split("test", "auc"))
refusal("or is on a metric that is not computed", "the selection metric is not computed")(
    _on_split("test", "f1", lower=0.5)
)
refusal("`split_thresholds` are none")(
    lambda case: case.parameters.update(other_splits='["test"]', split_thresholds="auc")
)


@refusal("its secondary metric is no number for any (after the evaluation)")
def _no_number(case: Case) -> None:
    never = """metrics { class_name: "Precision" config: '"thresholds": [1.0]' }"""
    case.configure(COUNT, f"{COUNT} {never}")
    case.parameters["selection"] = _secondary("precision")


POLICY = """
import dataclasses

from checkpoint_sweep.selection.policies import Choice


@dataclasses.dataclass(frozen=True)
class Mine:
    def choose(self, eligible, direction):
        %s
"""


def _policy(case: Case, body: str) -> None:
    name = f"policy_{abs(hash(body))}"
    case.module(name, POLICY % body)
    case.parameters["selection"] = f'{{{_HIGHER}, "policy": {{"class": "{name}.Mine"}}}}'


refusal("the policy fails (after the evaluation)")(
    lambda case: _policy(case, "raise RuntimeError('no idea')")
)
refusal("or chooses what it was not given")(
    lambda case: _policy(case, "return Choice('step-00000999', 'a', 'b')")
)
refusal("the evaluation config is none")(
    lambda case: case.parameters.update(eval_config="model_specs {")
)
refusal("it has a field that does not exist", "the evaluation config is none")(
    lambda case: case.parameters.update(eval_config='{"modelSpec": []}')
)
refusal("the evaluation config does not make sense to TFMA")(
    lambda case: case.configure('"AUC"', '"AreaUnderCurve"')
)


_BAD = "the evaluation config does not make sense to TFMA"


def _config(when: str, old: str, new: str, row: str = _BAD) -> None:
    refusal(when, row)(lambda case: case.configure(old, new))


_AUC = 'class_name: "AUC"'
_config("a metric does not take a setting", _AUC, f'{_AUC} config: \'"thresholds": ["x"]\'')
_config("a setting does not exist", _AUC, f"{_AUC} config: '\"precision\": 3'")
_config("settings are no JSON", _AUC, f"{_AUC} config: '{{oops'")
_config("a setting has no such value", _AUC, f"{_AUC} config: '\"num_thresholds\": -3'")
_config("a module has no such metric", '"AUC"', '"Nope" module: "checkpoint_sweep.metrics"')
_config("a model type does not exist", "label_key", 'model_type: "tf_quantum" label_key')
_config("only a baseline", "label_key", "is_baseline: true label_key")
_config(
    "two models",
    "slicing_specs {}\nslicing",
    'model_specs { name: "b" label_key: "big_tipper" } slicing_specs {}\nslicing',
)


@refusal("a module fails when it is imported", _BAD)
def _failing_module(case: Case) -> None:
    case.module("failing_metric", "raise OSError('no licence')")
    case.configure(COUNT, f'{COUNT} metrics {{ class_name: "M" module: "failing_metric" }}')


@refusal("two metrics have one name")
def _one_name(case: Case) -> None:
    other = """metrics { class_name: "AUCPrecisionRecall" config: '"name": "auc"' }"""
    case.configure(COUNT, f"{COUNT} {other}")


refusal("the module of a metric cannot be found")(
    lambda case: case.configure('"AUC"', '"AUC" module: "no.such.module"')
)


@refusal("it is no Python", "the module of a metric cannot be found")
def _no_python(case: Case) -> None:
    case.module("wrong_metric", "def metric(:\n")
    case.configure('"AUC"', '"AUC" module: "wrong_metric"')


@refusal("a threshold is for a metric that is not computed")
def _no_threshold(case: Case) -> None:
    bound = "value { value_threshold { lower_bound { value: 0.5 } } }"
    case.configure("metrics_specs {", f'metrics_specs {{ thresholds {{ key: "aucc" {bound} }}')


@refusal("or for one of several values of a metric, and stands in its MetricsSpec")
def _threshold_of_several_values(case: Case) -> None:
    bound = "value { value_threshold { lower_bound { value: 1 } } }"
    case.configure(
        "metrics_specs {",
        'metrics_specs { query_key: "company" metrics { class_name: "QueryStatistics" } '
        f'thresholds {{ key: "total_queries" {bound} }} }} metrics_specs {{',
    )


_ESTIMATOR = "its model type is that of an Estimator"
_config(_ESTIMATOR, "label_key", 'model_type: "tf_estimator" label_key', _ESTIMATOR)


refusal("no label is named (during the evaluation)")(
    lambda case: case.configure('label_key: "big_tipper"', "")
)


METRIC = """
import dataclasses

from checkpoint_sweep.metrics.batch_metric import BatchMetric, Formula


@dataclasses.dataclass(frozen=True)
class _Mine(Formula):
    fields = ("weight",)

    def terms(self, label, prediction, weight):
        %s

    def value(self, buckets, totals):
        %s


class Mine(BatchMetric):
    def __init__(self, name="mine"):
        super().__init__(_Mine(), name)
"""


def _metric(case: Case, terms: str, value: str) -> None:
    name = f"metric_{abs(hash(terms + value))}"
    case.module(name, METRIC % (terms, value))
    case.configure(COUNT, f'{COUNT} metrics {{ class_name: "Mine" module: "{name}" }}')


refusal(
    "a metric of one's own fails on examples",
    "the metrics fail on the labels, such as one that is no class (during the evaluation)",
)(lambda case: _metric(case, "raise ValueError('no logarithm')", "return 1.0"))
refusal("a metric of one's own fails on its sums (during the evaluation)")(
    lambda case: _metric(case, "return (weight,)", "return 1 / 0")
)
refusal("what only stock TFMA does fails there (during the evaluation)")(
    lambda case: case.configure(
        'slicing_specs { feature_keys: "payment_type" }',
        'slicing_specs { slice_keys_sql: "SELEKT payment_type" }',
    )
)


refusal("the engine does not exist")(lambda case: case.parameters.update(engine="warp"))
refusal("no checkpoint lies in the step range")(lambda case: case.parameters.update(first_step=999))
refusal("the step range is upside down")(
    lambda case: case.parameters.update(first_step=5, last_step=4)
)
refusal("the stride is below 1")(lambda case: case.parameters.update(stride=0))
refusal("the batch size or the memory budget is below 1")(
    lambda case: case.parameters.update(batch_size=0)
)


def _parameter(when: str, row: str, **parameters: object) -> None:
    refusal(when, row)(lambda case: case.parameters.update(parameters))


_AMOUNT = "the batch size or the memory budget is below 1"
_parameter("a negative batch size", _AMOUNT, batch_size=-1)
_parameter("no memory budget", _AMOUNT, memory_budget=0)
_parameter("a negative memory budget", _AMOUNT, memory_budget=-5)
_parameter("a negative stride", "the stride is below 1", stride=-2)
refusal("a number is none")(lambda case: case.parameters.update(batch_size="many"))
_parameter("a number is not whole", "a number is none", memory_budget=2.5)
refusal("`example_splits` is no list")(lambda case: case.parameters.update(example_splits="eval"))
_parameter("a split for a list", "`example_splits` is no list", example_splits='"eval"')
_parameter("a list of numbers", "`example_splits` is no list", example_splits="[3]")


def _averages(when: str, text: str, row: str = "") -> None:
    refusal(when, row)(lambda case: case.parameters.update(averages=text))


_averages("`averages` are none", "the last 5")
_averages("averages of another kind", '{"first": [5]}', "`averages` are none")
_averages("an average is of fewer than two checkpoints", '{"last": [5, 1]}')
_averages(
    "or of half a checkpoint", '{"last": [2.5]}', "an average is of fewer than two checkpoints"
)
_averages("the last checkpoints to average are no list", '{"last": 5}')
_averages("an average is asked for twice", '{"last": [5, 5]}')
_averages("`greedy_soup` is neither true nor false", '{"greedy_soup": "yes"}')
_averages("the number of trials is below 1", '{"greedy_soup": true, "most_trials": 0}')


def _racing(when: str, text: str, row: str = "") -> None:
    refusal(when, row)(lambda case: case.parameters.update(racing=text))


_racing("`racing` is none", "early")
_racing("racing has another field", '{"stages": 3}', "`racing` is none")
_racing("its level is none", '{"level": 1.5}')


refusal("`predictions` are none")(lambda case: case.parameters.update(predictions="all"))
