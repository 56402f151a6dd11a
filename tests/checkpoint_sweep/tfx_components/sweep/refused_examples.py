"""Kinds of examples, labels and weights that a sweep refuses.

Over 300 lines: a list, to which a kind adds a few lines.
"""

import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from tests.checkpoint_sweep.tfx_components.sweep.cases import (
    CROSS_ENTROPY,
    ROWS,
    SCHEMA,
    Case,
    Trigger,
    half,
    pipe,
    refusal,
)
from tests.support import tfrecords
from tests.support.passthrough_model import Row


def _both(when: str, row: str, damage: Callable[[Case, Path], object]) -> None:
    """A kind of damage to a file of taxi rows, with and without a schema."""
    for with_schema in (False, True):

        def trigger(case: Case, with_schema: bool = with_schema) -> None:
            damage(case, case.taxi(with_schema))

        refusal(f"{when}, {'with' if with_schema else 'without'} a schema", row)(trigger)


def _plain(file: Path, content: bytes | None = None) -> Path:
    """A file that is not compressed, in place of one that is."""
    records = tfrecords.read(file, "GZIP")
    file.unlink()
    plain = file.with_suffix("")
    tfrecords.write(plain, records)
    if content is not None:
        plain.write_bytes(content)
    return plain


def _rewrite(file: Path, change: Callable[[int, Any], None]) -> None:
    """Changes the examples of a file."""
    examples = [tf.train.Example.FromString(record) for record in tfrecords.read(file, "GZIP")]
    for number, example in enumerate(examples):
        change(number, example.features.feature)
    _records(file, [example.SerializeToString(deterministic=True) for example in examples])


def _records(file: Path, records: list[bytes]) -> None:
    tfrecords.write(file, records, "GZIP")


refusal("a split is not there")(lambda case: case.parameters.update(example_splits='["holdout"]'))
refusal("no split is named")(lambda case: case.parameters.update(example_splits="[]"))
refusal("another split is not there")(
    lambda case: case.parameters.update(other_splits='["holdout"]')
)
refusal("another split is one that chooses")(
    lambda case: case.parameters.update(other_splits='["eval"]')
)
refusal("or has a name that no folder can have")(
    lambda case: case.parameters.update(other_splits='["a/b"]')
)
refusal("a split has no file")(lambda case: case.taxi(False).unlink())
refusal("a split has no folder", "a split has no file")(
    lambda case: shutil.rmtree(case.taxi(False).parent)
)
refusal("its files have no examples")(lambda case: _records(case.taxi(False), []))


_both("its file is empty", "its files have no examples", lambda case, file: file.write_bytes(b""))
_both("its file has no record", "its files have no examples", lambda case, file: _records(file, []))


refusal("a file is cut short, is no TFRecord file, or holds something else than `tf.Example`s")(
    lambda case: half(_plain(case.taxi(False)))
)


_READ = "a file is cut short, is no TFRecord file, or holds something else than `tf.Example`s"
_both("gzip cut in half", _READ, lambda case, file: half(file))
_both("gzip that is garbage", _READ, lambda case, file: file.write_bytes(b"\x00garbage" * 99))
_both("cut in half", _READ, lambda case, file: half(_plain(file)))
_both("garbage", _READ, lambda case, file: _plain(file, b"\x00garbage" * 99))
_both("a table", _READ, lambda case, file: _plain(file, b"fare,tips\n" * 99))
_both("other records", _READ, lambda case, file: _records(file, [b"this is no example"] * 9))
_both("one other record", _READ, lambda case, file: _records(file, [*case.rows[:9], b"no example"]))


def _second(case: Case, file: Path) -> None:
    second = file.with_name("data-00001-of-00002.gz")
    shutil.copy(file, second)
    half(second)


_both("the second file cut in half", _READ, _second)


@refusal("a file further on is cut in half (during the evaluation)", _READ)
def _further_on(case: Case) -> None:
    file = case.taxi(False)
    other = file.parent.with_name("Split-more")
    shutil.copytree(file.parent, other)
    half(other / file.name)
    case.parameters["examples"].split_names = '["eval", "more"]'
    case.parameters["example_splits"] = '["eval", "more"]'


@refusal("a feature has other types in some examples", _READ)
def _mixed(case: Case) -> None:
    def change(number: int, features: Any) -> None:
        if number % 2:
            features["fare"].int64_list.value.append(1)

    _rewrite(case.taxi(False), change)


@refusal("a feature has another type than the schema says", _READ)
def _retyped(case: Case) -> None:
    def change(number: int, features: Any) -> None:
        features["big_tipper"].float_list.value.append(1.0)

    _rewrite(case.taxi(True), change)


@refusal("a feature has another type than the signature parses", "it parses what the examples do "
         "not have (during the evaluation)")  # fmt: skip
def _retyped_input(case: Case) -> None:
    def change(number: int, features: Any) -> None:
        features["payment_type"].int64_list.value.append(1)

    _rewrite(case.taxi(False), change)


refusal("a file of examples is a pipe")(lambda case: pipe(case.taxi(False)))
refusal("the second file of examples is a pipe", "a file of examples is a pipe")(
    lambda case: pipe(case.taxi(True).with_name("data-00001-of-00002.gz"))
)
refusal("a folder is among them")(lambda case: (case.taxi(False).parent / "more").mkdir())


@refusal("their payload is no `tf.Example`")
def _format(case: Case) -> None:
    case.taxi(False)
    case.parameters["examples"].set_string_custom_property("payload_format", "FORMAT_PROTO")


@refusal("their payload has no format", "their payload is no `tf.Example`")
def _no_format(case: Case) -> None:
    case.taxi(False)
    case.parameters["examples"].set_string_custom_property("payload_format", "FORMAT_OF_MINE")


refusal("the schema artifact holds no schema, several, or a damaged one")(
    lambda case: case.examples(case.rows[:9], "this { is no schema")
)


_SCHEMA = "the schema artifact holds no schema, several, or a damaged one"


@refusal("the schema artifact is empty", _SCHEMA)
def _empty_schema(case: Case) -> None:
    (case.scratch / "schema").mkdir()
    case.examples(case.rows[:9], case.scratch / "schema")


refusal("the schema artifact is not there", _SCHEMA)(
    lambda case: case.examples(case.rows[:9], case.scratch / "nowhere")
)


@refusal("the schema artifact holds two", _SCHEMA)
def _two_schemas(case: Case) -> None:
    case.examples(case.rows[:9], SCHEMA)
    (case.scratch / "schema" / "other.pbtxt").write_text(SCHEMA)


@refusal("the schema is a pipe", _SCHEMA)
def _schema_pipe(case: Case) -> None:
    case.examples(case.rows[:9], SCHEMA)
    pipe(case.scratch / "schema" / "schema.pbtxt")


refusal("the schema has a feature that no `tf.Example` has", _SCHEMA)(
    lambda case: case.examples(case.rows[:9], SCHEMA.replace("FLOAT", "STRUCT"))
)


@refusal("examples have other numbers of values than the schema says (during the evaluation)")
def _shape(case: Case) -> None:
    case.passthrough()
    fixed = 'name: "weight" type: FLOAT presence { min_fraction: 1 } shape { dim { size: 1 } }'
    rows = [*ROWS, {**ROWS[0], "weight": [1.0, 2.0]}]
    shutil.rmtree(case.scratch / "examples")
    case.examples(rows, SCHEMA.replace('name: "weight" type: FLOAT', fixed))
    case.metrics(CROSS_ENTROPY, 'example_weight_key: "weight"', "binary_crossentropy")


refusal("the label is not in the examples")(
    lambda case: case.configure('"big_tipper"', '"tips_xf"')
)
refusal("nor the example weight")(
    lambda case: case.configure("label_key", 'example_weight_key: "wait" label_key')
)
refusal("nor the feature of a slice")(
    lambda case: case.configure('"payment_type"', '"payment_tipe"')
)


@refusal("nor a query key")
def _no_query(case: Case) -> None:
    ndcg = """metrics { class_name: "NDCG" config: '"gain_key": "fare", "top_k_list": [1]' }"""
    query = f'metrics_specs {{ query_key: "query" {ndcg} }} metrics_specs {{'
    case.configure("metrics_specs {", query)


def _label(change: Callable[[int, dict], Row], schema: str = "", spec: str = "") -> Trigger:
    """Scripted examples, of which every fifth is changed."""

    def trigger(case: Case) -> None:
        rows = [change(i, dict(row)) for i, row in enumerate(ROWS)]
        case.passthrough(rows)
        if schema:
            shutil.rmtree(case.scratch / "examples")
            case.examples(rows, schema)
        if spec:
            case.metrics('metrics { class_name: "AUC" }', spec)

    return trigger


def _set(name: str, value: list, every: int = 5) -> Callable[[int, dict], Row]:
    return lambda i, row: {**row, name: value} if i % every == 0 else row


def _drop(name: str, every: int = 5) -> Callable[[int, dict], Row]:
    return lambda i, row: row if i % every else {k: v for k, v in row.items() if k != name}


def _float(value: float) -> Callable[[int, dict], Row]:
    return lambda i, row: {**row, "label": [value if i % 5 == 0 else float(row["label"][0])]}


_WEIGHT = 'example_weight_key: "weight"'
_MISSING = "a label or an example weight is missing in some examples (during the evaluation)"
_NOT_FINITE = "or NaN or infinite"
_TEXT = "or has several values in some"

refusal(_MISSING)(_label(_drop("label")))
refusal("a label is missing, with a schema", _MISSING)(_label(_drop("label"), SCHEMA))
refusal("a weight is missing", _MISSING)(_label(_drop("weight"), spec=_WEIGHT))
refusal("a weight is missing, with a schema", _MISSING)(_label(_drop("weight"), SCHEMA, _WEIGHT))
refusal("a label is missing in all examples", "the label is not in the examples")(
    _label(_drop("label", 1))
)
refusal("a label of the schema is missing in all examples", "the label is not in the examples")(
    _label(_drop("label", 1), SCHEMA)
)
refusal("a weight of the schema is missing in all examples", "nor the example weight")(
    _label(_drop("weight", 1), SCHEMA, _WEIGHT)
)
refusal(_NOT_FINITE)(_label(_float(math.nan)))
refusal("a label is infinite, with a schema", _NOT_FINITE)(
    _label(_float(math.inf), SCHEMA.replace("INT", "FLOAT"))
)
refusal("a weight is NaN", _NOT_FINITE)(_label(_set("weight", [math.nan]), SCHEMA, _WEIGHT))
refusal("or has several values in some")(_label(_set("label", [0, 1])))
refusal("or an example weight is negative")(_label(_set("weight", [-0.5]), spec=_WEIGHT))
refusal("a weight has several values", "or has several values in some")(
    _label(_set("weight", [0.5, 0.5]), spec=_WEIGHT)
)
refusal("the label is text (during the evaluation)")(_label(_set("label", ["yes"], 1)))
refusal("the label is text, as the schema says", "the label is text (during the evaluation)")(
    _label(_set("label", ["yes"], 1), SCHEMA.replace("INT", "BYTES"))
)
refusal("the label is text and the schema says otherwise", _READ)(
    _label(_set("label", ["yes"], 1), SCHEMA)
)
refusal("or the example weight (during the evaluation)")(
    _label(_set("weight", ["much"], 1), spec=_WEIGHT)
)


_THRESHOLD = "threshold { value_threshold { lower_bound { value: 0.1 } } }"


def _clusters(key: str, rows: Sequence[Row] = ROWS) -> Trigger:
    def trigger(case: Case) -> None:
        case.passthrough(rows)
        case.parameters["cluster_key"] = key
        case.metrics(f'metrics {{ class_name: "AUC" {_THRESHOLD} }}')

    return trigger


refusal("nor the cluster key")(_clusters("user_id"))
refusal("an example has no cluster, or several (during the evaluation)")(
    _clusters("group", [_drop("group")(i, dict(row)) for i, row in enumerate(ROWS)])
)
refusal("the cluster key is a feature of fractions (during the evaluation)")(_clusters("weight"))


@refusal("a query has examples of several clusters (during the evaluation)")
def _divided_query(case: Case) -> None:
    _clusters("label")(case)
    case.metrics(
        'metrics { class_name: "AUC" } } metrics_specs { query_key: "group" '
        f'metrics {{ class_name: "MinLabelPosition" {_THRESHOLD} }}'
    )


def _nan_without_auc(case: Case) -> None:
    _label(_float(math.nan))(case)
    case.metrics(CROSS_ENTROPY, select="binary_crossentropy")


refusal("a label is NaN, where no metric fails", _NOT_FINITE)(_nan_without_auc)


refusal("the metrics fail on the labels, such as one that is no class (during the evaluation)")(
    lambda case: _classes(case, 3)
)


_CLASSES = "the metrics fail on the labels, such as one that is no class (during the evaluation)"


refusal("a class is negative", _CLASSES)(lambda case: _classes(case, -1))


def _classes(case: Case, label: int) -> None:
    rows = [
        {**row, "p": [0.2, 0.3, 0.5], "label": [label if i % 5 == 0 else i % 3]}
        for i, row in enumerate(ROWS)
    ]
    case.passthrough(rows, width=3)
    case.metrics('metrics { class_name: "SparseCategoricalCrossentropy" }')
    case.parameters["selection"] = Selection(
        "sparse_categorical_crossentropy", direction=Direction.LOWER_IS_BETTER
    ).to_json()


refusal("a label is negative for AUC", _CLASSES)(_label(_set("label", [-1])))
refusal("a label is above 1 for AUC", _CLASSES)(_label(_set("label", [7]), SCHEMA))
