"""Kinds of bad input for which a sweep leaves checkpoints out, or which it bears.

Over 300 lines: a list, to which a kind adds a few lines.
"""

import dataclasses
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from checkpoint_sweep.model_run import runs
from checkpoint_sweep.selection.across import Across
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.sweeping import run_sweep
from tests.checkpoint_sweep.tfx_components.sweep.cases import (
    AUC,
    CROSS_ENTROPY,
    ROWS,
    Case,
    Trigger,
    half,
)
from tests.checkpoint_sweep.tfx_components.sweep.refused_configs import serve
from tests.checkpoint_sweep.tfx_components.sweep.refused_runs import DATA, averages_from_step_40
from tests.support import tfrecords

TRAINED = (0, 20, 40, 60)
SCRIPTED = (1, 2, 3)


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of bad input that a sweep survives.

    Attributes:
        trigger: brings it about.
        row: of the table of what is left out, with the reason.
        steps: that are left out.
        others: that are evaluated as if nothing had happened.
        values: of the selection metric, by step, where they are not those of the run as trained.
    """

    trigger: Trigger
    row: str
    steps: tuple[int, ...]
    others: tuple[int, ...]
    values: Mapping[int, float] | None = None


KINDS: dict[str, Kind] = {}


def _kind(
    when: str,
    row: str = "",
    steps: tuple[int, ...] = (20,),
    others: tuple[int, ...] | None = None,
    values: Mapping[int, float] | None = None,
) -> Callable[[Trigger], Trigger]:
    def add(trigger: Trigger) -> Trigger:
        rest = tuple(step for step in TRAINED if step not in steps) if others is None else others
        KINDS[when] = Kind(trigger, row, steps, rest, values)
        return trigger

    return add


def _data(case: Case) -> Path:
    return case.model_run / f"model.ckpt-20{DATA}"


def _index(case: Case) -> Path:
    return case.model_run / "model.ckpt-20.index"


UNREADABLE = "its files are empty, cut short or damaged, or have gone"
_kind("its data are empty", UNREADABLE)(lambda case: _data(case).write_bytes(b""))
_kind("its data are cut in half", UNREADABLE)(lambda case: half(_data(case)))
_kind("its index is empty", UNREADABLE)(lambda case: _index(case).write_bytes(b""))
_kind("its index is cut in half", UNREADABLE)(lambda case: half(_index(case)))
_kind("its index is garbage", UNREADABLE)(lambda case: _index(case).write_bytes(b"\xff" * 999))
_kind("its data are other data", UNREADABLE)(
    lambda case: _data(case).write_bytes(bytes(_data(case).stat().st_size))
)


@_kind("its data are a folder", UNREADABLE)
def _folder(case: Case) -> None:
    _data(case).unlink()
    _data(case).mkdir()


def _vanish(module: ModuleType, name: str, *files: str) -> Trigger:
    """Files of step 20 go right before a function is called."""

    def trigger(case: Case) -> None:
        stock = getattr(module, name)

        def step(*arguments: Any) -> Any:
            for file in files:
                (case.model_run / f"model.ckpt-20{file}").unlink()
            return stock(*arguments)

        case.patch.setattr(module, name, step)

    return trigger


def _with_tfma(trigger: Trigger) -> Trigger:
    def with_tfma(case: Case) -> None:
        trigger(case)
        case.parameters.update(engine="tfma", last_step=20)

    return with_tfma


_kind("it goes after it was found", UNREADABLE)(_vanish(runs, "candidates_of", ".index", DATA))
_kind("its data go after it was found", UNREADABLE)(_vanish(runs, "candidates_of", DATA))
_kind("it goes before it is evaluated", UNREADABLE)(
    _vanish(run_sweep, "evaluate_candidates", ".index", DATA)
)
_kind("its data go before it is evaluated", UNREADABLE)(
    _vanish(run_sweep, "evaluate_candidates", DATA)
)
_kind("it goes before stock TFMA evaluates it", UNREADABLE, others=(0,))(
    _with_tfma(_vanish(run_sweep, "evaluate_candidates", ".index", DATA))
)


@_kind("its weights are NaN or infinite", "its weights are NaN or infinite")
def _nan(case: Case) -> None:
    bias = np.float32([np.nan] * 4)
    case.change(case.model_run / "model.ckpt-20", lambda t: t | {"hidden/bias": bias})


_LABEL = np.array([row["label"][0] for row in ROWS], float)
_P = np.array([row["p"][0] for row in ROWS], float)


def _area() -> float:
    """Of AUC, by pairs."""
    difference = _P[_LABEL == 1][:, None] - _P[_LABEL == 0]
    return float(np.mean((difference > 0) + (difference == 0) / 2))


def _entropy(step: int) -> float:
    p = _P * (1 - 0.1 * step)
    return float(-np.mean(_LABEL * np.log(p) + (1 - _LABEL) * np.log(1 - p)))


NAN = "its predictions are NaN or infinite on some examples"
_AREAS = dict.fromkeys(SCRIPTED, _area())
_ENTROPIES = {step: _entropy(step) for step in SCRIPTED}


def _diverged(engine: str, metrics: str, select: str, roots: tuple[float, ...]) -> Trigger:
    def trigger(case: Case) -> None:
        case.passthrough(roots=roots)
        case.metrics(metrics, select=select)
        case.parameters["engine"] = engine

    return trigger


for _engine, _roots in (("fused", (0, -1, 0)), ("tfma", (0, -1))):
    _rest = tuple(step for step, root in enumerate(_roots, start=1) if root == 0)
    _kind(f"it predicts NaN, with AUC, {_engine}", NAN, (2,), _rest, _AREAS)(
        _diverged(_engine, AUC, "auc", _roots)
    )
    _kind(f"it predicts NaN, without AUC, {_engine}", NAN, (2,), _rest, _ENTROPIES)(
        _diverged(_engine, CROSS_ENTROPY, "binary_crossentropy", _roots)
    )
_kind("all predict NaN", NAN, SCRIPTED, ())(_diverged("fused", AUC, "auc", (-1, -1, -1)))


@_kind("the selection metric is no number", "the selection metric is no number", TRAINED)
def _matrix(case: Case) -> None:
    name = "confusion_matrix_at_thresholds"
    matrix = f"""metrics {{ class_name: "ConfusionMatrixAtThresholds"
      config: '"thresholds": [0.5], "name": "{name}"' }}"""
    case.configure('metrics { class_name: "ExampleCount" }', matrix)
    case.select(name, direction=Direction.HIGHER_IS_BETTER)


_kind("it is not defined on these examples", "it is not defined on these examples", SCRIPTED, ())(
    lambda case: case.passthrough([{**row, "label": [1]} for row in ROWS])
)


_PART = "or not on one of the slices, or it is one of several metrics, that are combined"


@_kind(_PART, _PART, TRAINED, ())
def _one_label_of_a_slice(case: Case) -> None:
    cash = Across(slices=({"payment_type": "Credit Card"}, {"payment_type": "Cash"}))
    case.select("auc", direction=Direction.HIGHER_IS_BETTER, across=cash)


_LOGITS = "it, or a metric with a threshold, is of a curve, and predictions are no probabilities"


_kind("the selection metric is AUC of logits", _LOGITS, SCRIPTED, ())(
    lambda case: case.passthrough([{**row, "p": [row["p"][0] - 9]} for row in ROWS])
)


@_kind("AUC of logits has a threshold", _LOGITS, SCRIPTED, ())
def _logits_with_threshold(case: Case) -> None:
    case.passthrough([{**row, "p": [row["p"][0] - 9]} for row in ROWS])
    threshold = "threshold { value_threshold { lower_bound { value: 0.1 } } }"
    error = 'metrics { class_name: "MeanPrediction" }'
    case.metrics(f"{AUC.replace(' }', f' {threshold} }}')} {error}", select="mean_prediction")


_MISSED = "it misses a threshold"
_NO_SLICE = "a threshold is for a slice that has no data"
_NOT_COMPUTED = "a metric with a threshold was not computed on its slice"
_NO_VALUE = "or has no value"


_kind("it misses a threshold", _MISSED, TRAINED)(lambda case: case.parameters.update(floor=1.5))
_kind("a threshold is for a slice that is not made", _NO_SLICE, TRAINED)(
    lambda case: case.configure(
        "slicing_specs {}\n      threshold",
        'slicing_specs { feature_keys: "company" } threshold',
    )
)


_kind("the slices are too small to be shown", _NOT_COMPUTED, TRAINED)(
    lambda case: case.configure(
        "slicing_specs {}\nslicing",
        "options { min_slice_size { value: 999 } } slicing_specs {}\nslicing",
    )
)


@_kind("a baseline predicts NaN, and no metric fails on it", _NO_VALUE, TRAINED)
def _baseline(case: Case) -> None:
    case.keras_baseline(serve(lambda value: {"probability": value * np.nan}, "serving_default"))
    change = "change_threshold { absolute { value: 9 } direction: LOWER_IS_BETTER }"
    case.config(
        f"""model_specs {{ label_key: "big_tipper" }} slicing_specs {{}}
        metrics_specs {{ metrics {{ class_name: "BinaryCrossEntropy" threshold {{ {change} }} }} }}
        """
    )
    case.select("binary_crossentropy", direction=Direction.LOWER_IS_BETTER)


NONE: tuple[int, ...] = ()


@_kind("a checkpoint was being written when its writer was killed", steps=NONE)
def _temporary(case: Case) -> None:
    folder = case.model_run / "model.ckpt-80_temp"
    folder.mkdir()
    for name in ("part-00000-of-00001.index", "part-00000-of-00001.data-00000-of-00001"):
        (folder / name).touch()


@_kind("files that are no checkpoints are among them", steps=NONE)
def _others(case: Case) -> None:
    for name in ("events.out.tfevents.1", "weights.h5", "checkpoint", "model.ckpt-80.meta"):
        (case.model_run / name).write_bytes(b"\xff" * 99)


_AVERAGED: Mapping[int, float] = {}


@_kind("moving averages are kept from some step on, and only these steps are swept", steps=NONE,
       others=(40, 60), values=_AVERAGED)  # fmt: skip
def _averages(case: Case) -> None:
    averages_from_step_40(case)
    case.parameters["first_step"] = 40


@_kind("one of several splits has no examples", steps=NONE)
def _empty_split(case: Case) -> None:
    file = case.examples(case.rows[:200])
    empty = file.parent.with_name("Split-none")
    empty.mkdir()
    tfrecords.write(empty / file.name, [], "GZIP")
    case.parameters["examples"].split_names = '["eval", "none"]'
    case.parameters["example_splits"] = '["none", "eval"]'


_kind("a split is named twice", steps=NONE)(
    lambda case: case.parameters.update(example_splits='["eval", "eval"]')
)
_kind("a metric is named twice", steps=NONE)(
    lambda case: case.configure('metrics { class_name: "ExampleCount" }', AUC)
)


@_kind("slices by SQL, which stock TFMA makes", steps=NONE, others=(60,))
def _sql(case: Case) -> None:
    case.configure(
        'slicing_specs { feature_keys: "payment_type" }',
        'slicing_specs { slice_keys_sql: "SELECT STRUCT(payment_type) FROM example.payment_type" }',
    )
    case.parameters["first_step"] = 60


@_kind("a baseline of another signature, which stock TFMA runs", steps=NONE, others=(60,))
def _other_signature(case: Case) -> None:
    case.keras_baseline(serve(lambda value: {"probability": value}, "other"))
    case.configure(
        "model_specs {",
        'model_specs { name: "baseline" is_baseline: true signature_name: "other" '
        'label_key: "big_tipper" } model_specs { name: "candidate"',
    )
    case.parameters["first_step"] = 60


_kind("the schema lacks what nothing reads", steps=NONE)(
    lambda case: case.examples(
        case.rows[:200],
        'feature { name: "payment_type" type: BYTES } feature { name: "big_tipper" type: INT }',
    )
)


Damage = Callable[[Path], object]
# By kind: what happens to the outputs of an execution, and of how many checkpoints it takes the
# results.
EARLIER: dict[str, tuple[Damage, int]] = {}
STEP = "step-00000020"
for _name in ("metrics-00000-of-00001.tfrecord", "validations.tfrecord", "predictions.json"):
    EARLIER[f"{_name} is cut in half"] = lambda e, n=_name: half(e / STEP / n), 3
    EARLIER[f"{_name} is empty"] = lambda e, n=_name: (e / STEP / n).write_bytes(b""), 3
    EARLIER[f"{_name} has gone"] = lambda e, n=_name: (e / STEP / n).unlink(), 3
EARLIER["a folder of results has gone"] = lambda e: shutil.rmtree(e / STEP), 3
EARLIER["eval_config.json has gone"] = lambda e: (e / STEP / "eval_config.json").unlink(), 4
