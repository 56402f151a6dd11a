"""docs/files.md says what becomes of files and columns."""

import bz2
import datetime
import decimal
import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tensorflow as tf
from pyarrow import parquet

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.sweeping.drafting.draft import draft
from checkpoint_sweep.sweeping.example_files import open_files
from checkpoint_sweep.sweeping.tables.columns import TableColumns

_DOCUMENT = Path(__file__).parents[3] / "docs" / "files.md"
_DAY = datetime.date(2024, 1, 2)


def _table(name: str) -> dict[str, str]:
    text = _DOCUMENT.read_text().partition(f"<!-- {name} -->\n")[2].partition("\n\n")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:3] for line in text.splitlines()[2:]]
    return {left.strip(): right.strip() for left, right in rows}


def _features(folder: Path, needed: TableColumns, encoding: str = "utf-8") -> set[str]:
    """The features of the examples in a folder, with their types."""
    source = open_files(
        [str(folder / "*")], "eval", None, str(folder / "w" / "w"), lambda: needed, encoding
    )
    (batch,) = source.batches(10)
    found = set()
    for (serialized,) in batch.column(batch.num_columns - 1).to_pylist():
        for name, feature in tf.train.Example.FromString(serialized).features.feature.items():
            found.add(f"{name} {feature.WhichOneof('kind').removesuffix('_list')}")
    return found


def _tfrecord(compression: str = "") -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        example = tf.train.Example()
        example.features.feature["x"].int64_list.value.append(1)
        with tf.io.TFRecordWriter(str(folder / "part-0"), compression) as writer:
            writer.write(example.SerializeToString(deterministic=True))

    return write


def _file(name: str, content: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)

    return write


def _parquet(column: Any) -> Callable[[Path], None]:
    return lambda folder: parquet.write_table(pa.table({"x": column}), folder / "part-0")


def _all(*writers: Callable[[Path], None]) -> Callable[[Path], None]:
    return lambda folder: [write(folder) for write in writers] and None


_CSV = b"x,y\n1,2\n"
_FORMATS: dict[str, tuple[Callable[[Path], None], str]] = {
    "`.tfrecord`, or any other name": (_tfrecord(), "TFRecord"),
    "TFRecord, gzip, any name": (_tfrecord("GZIP"), "TFRecord"),
    "`.csv`, `.CSV`": (_all(_file("a.csv", _CSV), _file("b.CSV", _CSV)), "CSV"),
    "`.csv` with `;`, tab or `\\|`": (_file("a.csv", b"x;y\n1;2\n"), "CSV: the separator"),
    "`.csv` with comments (`# …`) or `sep=;` above the header": (
        _all(_file("a.csv", b"# by us\n" + _CSV), _file("b.csv", b"sep=;\nx;y\n1;2\n")),
        "CSV",
    ),
    "`.csv` with a byte order mark": (_file("a.csv", b"\xef\xbb\xbf" + _CSV), "CSV, UTF-8"),
    "`.csv`, Latin-1": (_file("a.csv", b"x,y\n1,\xfc\n"), "CSV with `--encoding=latin-1`"),
    "`.tsv`": (_file("a.tsv", b"x\ty\n1\t2\n"), "CSV"),
    "`.csv.gz`, `.csv.bz2`, `.csv.zst`": (
        _all(
            _file("a.csv.gz", gzip.compress(_CSV)),
            _file("a.csv.bz2", bz2.compress(_CSV)),
            _file("a.csv.zst", pa.compress(_CSV, "zstd", asbytes=True)),
        ),
        "CSV",
    ),
    "`.parquet`, or any other name": (_parquet([1]), "Parquet"),
    "folder": (_file("below/more/a.csv", _CSV), "the files in and below it"),
    "folder `day=2024-01-02/`": (_file("day=2024-01-02/a.csv", _CSV), "the files in it"),
    "`_SUCCESS`, `.part-0.crc`, hidden files": (
        _all(
            _file("a.csv", _CSV),
            *(_file(n, b"{}") for n in ("_SUCCESS", ".part-0.crc", ".DS_Store")),
        ),
        "ignored",
    ),
    "`.xlsx`, `.zip`": (_file("a.xlsx", b"PK\x03\x04\0"), "refused"),
    "`.xz`, `.lz4`": (_file("a.csv.xz", b"\xfd7zXZ\0"), "refused"),
    "`.json`, `.jsonl`": (_file("a.jsonl", b'{"x": 1}\n'), "refused"),
    "`.feather`, `.arrow`": (_file("a.arrow", b"ARROW1\0\0"), "refused"),
    "`.txt`": (_file("a.txt", _CSV), "refused"),
}


def test_every_format_of_the_document_is_tried() -> None:
    assert _table("formats").keys() == _FORMATS.keys()


@pytest.mark.parametrize("name", _FORMATS)
def test_formats(name: str, tmp_path: Path) -> None:
    write, said = _FORMATS[name]
    assert _table("formats")[name].startswith(said)
    write(tmp_path)
    needed = TableColumns({"x", "day"}, others_too=False)
    if said == "refused":
        with pytest.raises(UserError):
            _features(tmp_path, needed)
        return
    encoding = "latin-1" if "latin-1" in said else "utf-8"
    expected = {"x int64", *({"day bytes"} if "day=" in name else ())}
    assert _features(tmp_path, needed, encoding) == expected


def _csv(*values: str) -> Callable[[Path], None]:
    return _file("a.csv", "\n".join(["x", *(f'"{value}"' for value in values), ""]).encode())


_COLUMNS: dict[str, dict[Callable[[Path], None], str]] = {
    "whole numbers": {_csv("1", "-2"): "int64"},
    "true and false": {_csv("true", "False"): "int64", _parquet([True]): "int64"},
    "whole numbers and fractions": {_csv("1", "2.5"): "float"},
    "empty, `NA`, `NaN`, `null`, `None`, `<NA>`, `\\N` among numbers": {
        _csv("1", "", "NA", "NaN", "null", "None", "<NA>", "\\N"): "int64"
    },
    "codes with a leading zero, or beyond 2^63": {
        _csv("01234", "94103"): "bytes",
        _csv("12345678901234567890"): "bytes",
    },
    "dates, times": {_csv("2024-01-02"): "bytes", _parquet([_DAY]): "bytes"},
    "text": {_csv("a"): "bytes"},
    "numbers with a decimal comma, or commas between thousands": {
        _csv("1,5"): "refused",
        _csv("1,234.5", "2"): "refused",
    },
    "Parquet: dictionary": {
        _parquet(pa.array(["a"]).dictionary_encode()): "bytes",
        _parquet(pa.array([1]).dictionary_encode()): "int64",
    },
    "Parquet: large strings, binary": {
        _parquet(pa.array(["a"], pa.large_string())): "bytes",
        _parquet(pa.array([b"a"], pa.large_binary())): "bytes",
    },
    "Parquet: decimals": {
        _parquet([decimal.Decimal("0.5")]): "float",
        _parquet([decimal.Decimal("5")]): "int64",
    },
    "Parquet: uint64": {
        _parquet(pa.array([2**63 - 1], pa.uint64())): "int64",
        _parquet(pa.array([2**63], pa.uint64())): "refused",
    },
    "Parquet: lists": {_parquet([[1, 2]]): "int64"},
    "Parquet: struct, map, nested lists": {
        _parquet([{"a": 1}]): "refused",
        _parquet([[[1]]]): "refused",
        _parquet(pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))): "refused",
    },
    "Parquet: null": {_parquet(pa.array([1, None])): "int64"},
}


def test_every_column_of_the_document_is_tried() -> None:
    assert _table("columns").keys() == _COLUMNS.keys()


@pytest.mark.parametrize(
    ("name", "write", "kind"),
    [(name, write, kind) for name, cases in _COLUMNS.items() for write, kind in cases.items()],
)
def test_columns(name: str, write: Callable[[Path], None], kind: str, tmp_path: Path) -> None:
    said = _table("columns")[name]
    assert kind in said or said in ("missing", "several values", "as what it holds")
    write(tmp_path)
    needed = TableColumns({"x"}, others_too=False)
    if kind == "refused":
        with pytest.raises(UserError, match="'x'"):
            _features(tmp_path, needed)
    else:
        assert _features(tmp_path, needed) == {f"x {kind}"}


def test_missing_values_take_the_schema_of_the_document(tmp_path: Path) -> None:
    """A model whose inputs are features by name predicts with it, and is refused without."""
    texts = tf.TensorSpec([None], tf.string, name="city")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="income"), texts])
    def serve(income: tf.Tensor, city: tf.Tensor) -> dict[str, tf.Tensor]:
        known = tf.cast(tf.strings.length(city) > 0, tf.float32)
        return {"probability": tf.sigmoid(income) * known * module.weight}

    module = tf.Module()
    module.weight = tf.Variable(1.0)
    export, examples = str(tmp_path / "export"), str(tmp_path / "eval.csv")
    tf.saved_model.save(module, export, signatures={"serving_default": serve})
    Path(examples).write_text("income,city,bought\n" + "0.5,Bern,1\n,Basel,0\n0.25,,1\n" * 3)
    assert "inputs 'city', 'income' are dense, but those" in draft(export, examples).problem
    (schema,) = re.findall(r"```\n(feature .*?)```", _DOCUMENT.read_text(), re.DOTALL)
    (tmp_path / "schema.pbtxt").write_text(schema)
    drafted = draft(export, examples, schema=str(tmp_path / "schema.pbtxt"))
    assert drafted.problem == ""
    assert 'label_key: "bought"' in drafted.text
