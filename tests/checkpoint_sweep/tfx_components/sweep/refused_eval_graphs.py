"""What is wrong with an eval graph, or with what is asked of it."""

from collections.abc import Callable

import tensorflow as tf

from checkpoint_sweep.selection.across import Across
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.racing import Racing
from checkpoint_sweep.selection.split_thresholds import SplitThreshold, to_json
from tests.checkpoint_sweep.tfx_components.sweep.cases import Case, Trigger, refusal
from tests.support import eval_exports
from tests.support.eval_exports import Tensors


def _examples() -> tf.Tensor:
    return tf.compat.v1.placeholder(tf.string, [None], "examples")


def _mean(values: tf.Tensor) -> Tensors:
    value, update = tf.compat.v1.metrics.mean(values)
    return {"metrics/mean/value": value, "metrics/mean/update_op": update}


def _good() -> tuple[Tensors, Tensors]:
    examples = _examples()
    return {"examples": examples}, _mean(tf.strings.length(examples))


def _of(build: Callable[[], tuple[Tensors, Tensors]]) -> Trigger:
    """Sweeps with an eval graph of its own."""

    def trigger(case: Case) -> None:
        case.parameters["eval_model"] = case.scratch / "evaluated"
        eval_exports.by_hand(case.scratch / "evaluated" / "Format-TFMA", build)

    return trigger


refusal("there is no eval graph in it")(
    lambda case: case.parameters.update(eval_model=case.export.parent)
)


def _features() -> tuple[Tensors, Tensors]:
    inputs = {name: tf.compat.v1.placeholder(tf.float32, [None], name) for name in ("fare", "tip")}
    return inputs, _mean(inputs["tip"])


def _iterator() -> tuple[Tensors, Tensors]:
    examples = _examples()
    inputs = {"inputs/examples": examples, "iterator_initializer": tf.constant("init")}
    return inputs, _mean(tf.strings.length(examples))


def _no_number() -> tuple[Tensors, Tensors]:
    examples = _examples()
    by_class = tf.compat.v1.metrics.mean_tensor(tf.ones([3]))
    return {"examples": examples}, dict(
        zip(("metrics/m/value", "metrics/m/update_op"), by_class, strict=True)
    )


def _other_weights() -> tuple[Tensors, Tensors]:
    examples = _examples()
    weight = tf.compat.v1.get_variable("other", initializer=2.5)
    outputs = _mean(weight * tf.cast(tf.strings.length(examples), tf.float32))
    tf.compat.v1.get_default_session().run(tf.compat.v1.global_variables_initializer())
    return {"examples": examples}, outputs


def _failing() -> tuple[Tensors, Tensors]:
    examples = _examples()
    features = {"tip": tf.io.FixedLenFeature([], tf.float32)}
    return {"examples": examples}, _mean(tf.io.parse_example(examples, features)["tip"])


refusal("its eval graph takes features, and no serialized examples")(_of(_features))
refusal("or takes them by an iterator")(_of(_iterator))
refusal("no checkpoint reproduces the weights that were exported with it")(_of(_other_weights))
refusal("none of its metrics is a single number")(_of(_no_number))
refusal("its eval graph fails on the first examples")(_of(_failing))


@refusal("an output has the name of its metrics")
def _output(case: Case) -> None:
    _of(_good)(case)
    case.configure("metrics_specs {", 'metrics_specs { output_names: "model_fn"')


def _by_mean(case: Case, **selection: object) -> None:
    _of(_good)(case)
    case.select("mean", direction=Direction.HIGHER_IS_BETTER, **selection)


refusal("a metric of the model function is to decide on a slice")(
    lambda case: _by_mean(case, slice={"payment_type": "Cash"})
)
refusal("or across slices", "a metric of the model function is to decide on a slice")(
    lambda case: _by_mean(case, across=Across(("payment_type",)))
)


@refusal("or in a race")
def _in_a_race(case: Case) -> None:
    _by_mean(case)
    case.parameters["racing"] = Racing().to_json()


@refusal("or has a threshold on a slice")
def _threshold_on_a_slice(case: Case) -> None:
    _of(_good)(case)
    threshold = SplitThreshold("eval", "mean", lower=0.5, slice={"payment_type": "Cash"})
    case.parameters["split_thresholds"] = to_json([threshold])
