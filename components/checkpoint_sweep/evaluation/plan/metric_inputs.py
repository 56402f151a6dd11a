"""Labels, predictions and weights of a batch, as a metric asks for them.

The vectorized counterpart of TFMA's ``metric_util.to_label_prediction_example_weight``: the same
look-ups, class selection, top-k, flattening and class weights, on all examples of a batch and all
models at once. Examples that do not fit arrays (missing, ragged or non-finite values, several
weights) are omitted; the engine hands those to TFMA's own code.

Over 300 lines, since it follows one function of TFMA step by step, to be read beside it.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from tensorflow_model_analysis.api import types as tfma_types
from tensorflow_model_analysis.metrics import metric_types, metric_util
from tensorflow_model_analysis.proto import config_pb2
from tensorflow_model_analysis.utils import util

from checkpoint_sweep.evaluation import tfma_internals


class UnsupportedError(Exception):
    """The data of this batch does not fit arrays; the message says why."""


@dataclasses.dataclass(frozen=True)
class InputSpec:
    """The arguments of ``to_label_prediction_example_weight`` that change its result.

    Attributes:
        output_name: Output of the model to read; "" for a model with one output.
        sub_key: Class, k or top k to select; None for all classes.
        aggregated: Whether the metric is aggregated over classes.
        class_weights: Weights of an aggregation over classes.
        example_weighted: Whether examples count by their weight.
        fractional: Whether labels must be within [0, 1] (TFMA's ``fractional_labels``).
        flatten: Whether each class counts as an example of its own.
    """

    output_name: str = ""
    sub_key: metric_types.SubKey | None = None
    aggregated: bool = False
    class_weights: tuple[tuple[int, float], ...] = ()
    example_weighted: bool = False
    fractional: bool = False
    flatten: bool = True


@dataclasses.dataclass(frozen=True)
class MetricInputs:
    """Arrays that broadcast to (models, examples, values).

    Attributes:
        label: (1 or models, examples, values), or (1 or models, examples, 1) for sparse labels
            when the inputs are not flat. Text labels are class numbers by each model's own
            vocabulary, so that models may differ.
        prediction: (models, examples, values).
        weight: (1, examples, values or 1).
        regular: (batch size,) bool, the examples that the arrays hold; all if all are True.
    """

    label: np.ndarray
    prediction: np.ndarray
    weight: np.ndarray
    regular: np.ndarray

    def take(self, regular: np.ndarray) -> "MetricInputs":
        """Restricts the inputs to ``regular``, a (batch size,) mask that implies its own."""
        if np.array_equal(regular, self.regular):
            return self
        keep = regular[self.regular]
        return MetricInputs(
            self.label[:, keep], self.prediction[:, keep], self.weight[:, keep], regular
        )


@dataclasses.dataclass
class Batch:
    """One batch for one or more models that are evaluated under the same ModelSpec.

    Attributes:
        size: Number of examples.
        labels, weights: Labels and weights as TFMA's extractors give them: a tensor value, None, or
            a dict by model or output name of these.
        predictions: Array (models, size, ...), or a dict by output name of these.
        model_spec: ModelSpec of the models.
        model_name: Name of the model in metric keys; "" for a single model.
    """

    size: int
    labels: Any
    weights: Any
    predictions: Any
    model_spec: config_pb2.ModelSpec
    model_name: str

    def __post_init__(self) -> None:
        self._made: dict[InputSpec, MetricInputs] = {}

    def inputs(self, spec: InputSpec) -> MetricInputs:
        """Makes the inputs that ``spec`` asks for, once.

        Raises:
            UnsupportedError: No example of the batch fits.
        """
        if spec not in self._made:
            self._made[spec] = self._make(spec)
        return self._made[spec]

    def weight(self, output_name: str, example_weighted: bool) -> tuple[np.ndarray, np.ndarray]:
        """Returns weights, (size,), and the mask of examples that have exactly one."""
        weights = _lookup(self.weights, self.model_name, output_name)
        if not example_weighted or weights is None:
            return np.ones(self.size, np.float32), np.ones(self.size, bool)
        column, regular = _column(weights, self.size)
        if column.shape[1] != 1:  # Metrics differ in what several weights, or none, mean.
            return np.zeros(self.size, np.float32), np.zeros(self.size, bool)
        return column[:, 0], regular

    def ragged(self, output_name: str, example_weighted: bool) -> bool:
        """Tells whether examples differ in their number of labels, or of weights."""
        weights = _lookup(self.weights, self.model_name, output_name)
        for value in (self._labels(output_name), weights if example_weighted else None):
            if isinstance(value, tfma_types.VarLenTensorValue):
                counts = np.bincount(value.indices[:, 0].astype(np.int64), minlength=self.size)
                if np.unique(counts).size > 1:
                    return True
        return False

    def non_finite(self, eval_config: config_pb2.EvalConfig) -> np.ndarray:
        """Counts the examples on which a prediction of a model is not finite, (models,) int64.

        Args:
            eval_config: Config that says which outputs metrics read.
        """
        bad: np.ndarray | None = None
        names = {name for spec in eval_config.metrics_specs for name in spec.output_names}
        for name in names or {""}:
            try:
                prediction, _ = self._prediction(name)
            except (UnsupportedError, KeyError, ValueError):
                continue  # No metric can use it: TFMA's own code says so where one tries.
            found = ~np.isfinite(prediction).all(axis=2)
            bad = found if bad is None else bad | found
        return np.zeros(1, np.int64) if bad is None else bad.sum(axis=1)

    def outside(self, output_name: str, tolerance: float) -> np.ndarray:
        """Counts the examples on which a model's prediction is outside of [0, 1], (models,) int64.

        Args:
            output_name: Output whose predictions are looked at; "" for the only one.
            tolerance: Distance from [0, 1] at which a prediction still counts as inside.
        """
        try:
            prediction, _ = self._prediction(output_name)
        except (UnsupportedError, KeyError, ValueError):
            return np.zeros(1, np.int64)
        with np.errstate(invalid="ignore"):
            found = (prediction < -tolerance) | (prediction > 1 + tolerance)
        return found.any(axis=2).sum(axis=1)

    def _make(self, spec: InputSpec) -> MetricInputs:
        prediction, vocabulary = self._prediction(spec.output_name)
        labels = self._labels(spec.output_name)
        if labels is None or isinstance(labels, Mapping):
            raise UnsupportedError("labels are missing")
        column, regular = _column(labels, self.size)
        label = column[None]
        if label.dtype.kind in "OSU":
            if vocabulary is None:
                raise UnsupportedError("labels are strings and the model gives no vocabulary")
            label = _class_ids(vocabulary, column)
            regular = regular & (label != -1).any(axis=2).all(axis=0)
        weight, weighted = self.weight(spec.output_name, spec.example_weighted)
        if weight.dtype.kind not in "fiub" or label.dtype.kind not in "fiub":
            raise UnsupportedError("labels or example weights are not numbers")
        regular = regular & weighted & np.isfinite(weight) & np.isfinite(label).all(axis=(0, 2))
        regular &= np.isfinite(prediction).all(axis=(0, 2))
        if spec.fractional:
            tolerance = tfma_internals.LABEL_TOLERANCE
            inside = (label >= -tolerance) & (label <= 1 + tolerance)
            if label.shape[2] == prediction.shape[2]:
                regular &= inside.all(axis=(0, 2))
        needs_one_hot = label.shape[2] == 1 and prediction.shape[2] > 1
        if needs_one_hot and (spec.flatten or spec.sub_key is not None):
            # Other labels are no index into the identity matrix of `one_hot`: TFMA refuses them.
            classes = prediction.shape[2]
            known = (label[:, :, 0] >= -classes - 1) & (label[:, :, 0] <= classes)
            regular &= known.all(axis=0)
        if not regular.all():
            label, weight, prediction = label[:, regular], weight[regular], prediction[:, regular]
        label3, prediction = _select(spec, label, prediction)
        weight3 = weight[None, :, None]
        if spec.flatten:
            if label3.shape[2] != prediction.shape[2]:
                if label3.shape[2] != 1:
                    raise UnsupportedError("labels and predictions cannot be paired")
                label3 = one_hot(label3, prediction.shape[2])
            weight3 = np.broadcast_to(
                weight3.astype(np.float64), (1, weight.size, prediction.shape[2])
            )
        if spec.class_weights:
            if not spec.flatten:
                raise UnsupportedError("class weights need flattened predictions")
            by_class = dict(spec.class_weights)
            factors = [by_class.get(i, 0.0) for i in range(prediction.shape[2])]
            weight3 = weight3 * np.array(factors)
        return MetricInputs(label3, prediction, weight3, regular)

    def _labels(self, output_name: str) -> Any:
        labels = self.labels
        if self.model_spec.label_key:
            labels = _lookup(labels, self.model_spec.label_key)
        return _lookup(labels, self.model_name, output_name)

    def _prediction(self, output_name: str) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns predictions (models, size, values), and label vocabularies, if there are any.

        Vocabularies are (models, size, classes): an example may have its own, as the classes of a
        top-k head come in the order of their scores.
        """
        value = self.predictions
        if output_name:
            value = util.get_by_keys(value, [output_name])
        vocabulary = None
        if isinstance(value, Mapping):
            for key in ("all_classes", "classes"):
                if key in value and (key == "all_classes" or "scores" in value):
                    vocabulary = value[key]
                    break
        _, value = metric_util.prepare_labels_and_predictions(
            None, value, self.model_spec.prediction_key
        )
        if value.ndim == 2:
            value = value[:, :, None]
        if value.ndim != 3 or value.dtype.kind not in "fiub":
            raise UnsupportedError(f"predictions have shape {value.shape[1:]}")
        return value, vocabulary


def _lookup(value: Any, *keys: str) -> Any:
    """Follows the keys that ``value`` has, skipping others, as TFMA does."""
    missing = object()
    for key in keys:
        if key and isinstance(value, Mapping):
            found = util.get_by_keys(value, [key], default_value=missing)
            value = value if found is missing else found
    return value


def _column(value: Any, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Makes an array (size, width) of a tensor value, and the mask of rows that it holds whole."""
    if isinstance(value, tfma_types.VarLenTensorValue):
        rows = value.indices[:, 0].astype(np.int64)
        single = np.bincount(rows, minlength=size) == 1
        column = np.zeros((size, 1), value.values.dtype)
        column[rows, 0] = value.values
        return column, single
    if not isinstance(value, np.ndarray) or value.ndim > 2:
        raise UnsupportedError("labels or example weights are sparse or ragged tensors")
    column = value.reshape(size, int(np.prod(value.shape[1:])))
    if column.dtype.kind == "O":
        return column, np.array([all(v is not None for v in row) for row in column])
    return column, np.ones(size, bool)


def _class_ids(vocabulary: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Finds the classes (models, size, width) of text labels (size, width); -1 for unknown ones.

    Args:
        vocabulary: (models, size, ..., classes), the names of each example's classes. Of several
            vocabularies of an example the first counts, and of equal names too, as in TFMA.
        label: Names of classes.

    Raises:
        UnsupportedError: An example has no list of classes.
    """
    if vocabulary.ndim < 3 or vocabulary.shape[1] != label.shape[0]:
        raise UnsupportedError("the classes are not a vocabulary for each example")
    names = vocabulary.reshape(*vocabulary.shape[:2], -1, vocabulary.shape[-1])[:, :, 0]
    result = np.full((names.shape[0], *label.shape), -1)
    for class_id in reversed(range(names.shape[2])):
        result[names[:, :, class_id, None] == label] = class_id
    return result


def one_hot(label: np.ndarray, classes: int) -> np.ndarray:
    """Encodes class ids (models, examples, 1) as (models, examples, classes); -1 gives zeros."""
    return np.eye(classes + 1)[label[:, :, 0].astype(int)][:, :, :-1]


def _select(
    spec: InputSpec, label: np.ndarray, prediction: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Applies the sub key: one class, the k-th largest prediction, or the top k."""
    sub_key = spec.sub_key
    if sub_key is None:
        return label, prediction
    classes = prediction.shape[2]
    sparse = label.shape[2] != classes
    if sparse and label.shape[2] != 1:
        raise UnsupportedError("labels and predictions cannot be paired")
    if sub_key.class_id is not None and sub_key.top_k is None and sub_key.k is None:
        if not 0 <= sub_key.class_id < classes:
            raise UnsupportedError(f"class_id {sub_key.class_id} is not one of {classes} classes")
        chosen = slice(sub_key.class_id, sub_key.class_id + 1)
        label = (label == sub_key.class_id).astype(int) if sparse else label[:, :, chosen]
        return label, prediction[:, :, chosen]
    if sub_key.class_id is not None:
        raise UnsupportedError("class_id together with k or top_k")
    k = sub_key.k if sub_key.k is not None else sub_key.top_k
    if not 0 < k <= classes:
        raise UnsupportedError(f"k = {k} with {classes} classes")
    top, last = tfma_internals.top_k(prediction, k)
    if sub_key.k is None and not spec.aggregated:
        masked = np.full(prediction.shape, -np.inf)
        np.put_along_axis(masked, top, np.take_along_axis(prediction, top, -1), -1)
        return label, masked
    if sub_key.k is not None:
        top = last
    if sparse:
        label = one_hot(label, classes)
    label = np.broadcast_to(label, prediction.shape)
    return np.take_along_axis(label, top, -1), np.take_along_axis(prediction, top, -1)


def stack(outputs: list[Any]) -> Any:
    """Stacks the outputs of several models, with a leading dimension for the models."""
    if isinstance(outputs[0], dict):
        return {name: stack([values[name] for values in outputs]) for name in outputs[0]}
    return np.stack(outputs)
