"""Tables as people have them become examples with the types that schema, model or data say.

Over 300 lines, most of them tables of what people have.
"""

import datetime
import decimal
import gzip
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf
from pyarrow import parquet

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.evaluation.inputs.source import ExampleSource
from checkpoint_sweep.sweeping.example_files import open_files
from checkpoint_sweep.sweeping.tables.columns import Declared, TableColumns

Rows = list[dict[str, list[Any]]]
_DAY = datetime.date(2024, 1, 2)


def _open(given: Path | str | list[str], columns: TableColumns | None = None) -> ExampleSource:
    patterns = given if isinstance(given, list) else [str(given)]
    written = next(p for p in Path(patterns[0]).parents if "*" not in str(p)) / "written"
    return open_files(patterns, "eval", None, str(written), (lambda: columns) if columns else None)


def _rows(source: ExampleSource) -> Rows:
    rows: Rows = []
    for batch in source.batches(10):
        for number in range(batch.num_rows):
            serialized = batch.column(batch.num_columns - 1)[number].as_py()[0]
            features = tf.train.Example.FromString(serialized).features.feature
            rows.append(
                {
                    name: [
                        round(v, 4) if isinstance(v, float) else v
                        for v in getattr(feature, feature.WhichOneof("kind")).value
                    ]
                    for name, feature in features.items()
                }
            )
    return rows


def _needing(*names: str, **declared: tf.DType) -> TableColumns:
    types = {name: Declared(dtype, "model") for name, dtype in declared.items()}
    return TableColumns({*names, *declared}, False, types)


def test_a_row_of_a_table_is_always_the_same_bytes(tmp_path: Path) -> None:
    names = [f"column_{number}" for number in range(20)]
    (tmp_path / "table.csv").write_text(f"{','.join(names)}\n{','.join('x' * 20)}\n")
    (batch,) = _open(tmp_path / "table.csv").batches(10)
    ((serialized,),) = batch.column(batch.num_columns - 1).to_pylist()
    example = tf.train.Example.FromString(serialized)
    assert serialized == example.SerializeToString(deterministic=True)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array(["a", None]).dictionary_encode(), [b"a"]),
        (pa.array(["a", None], pa.large_string()), [b"a"]),
        (pa.array([decimal.Decimal("1.25"), None]), [1.25]),
        (pa.array([7, None], pa.uint64()), [7]),
        (pa.array([[1.0, 2.0], None]), [1.0, 2.0]),
        (pa.array([[1, 2]], pa.list_(pa.int32(), 2)), [1, 2]),
        (pa.array([["a", "b"], []], pa.large_list(pa.string())), [b"a", b"b"]),
        (pa.array([_DAY, None]), [b"2024-01-02"]),
        (pa.array([datetime.datetime(2024, 1, 2, 3, 4), None]), [b"2024-01-02 03:04:00"]),
        (pa.array([True, None]), [1]),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_types_of_parquet(column: pa.Array, expected: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    parquet.write_table(pa.table({"c": column}), path)
    assert _rows(_open(path)) == [{"c": expected}, {}][: len(column)]


def test_only_columns_that_are_needed_are_read(tmp_path: Path) -> None:
    table = {
        "x": [0.5],
        "day": [_DAY],
        "nested": [{"a": 1}],
        "far": pa.array([2**64 - 1], pa.uint64()),
    }
    parquet.write_table(pa.table(table), tmp_path / "table.parquet")
    source = _open(tmp_path / "table.parquet", _needing("x"))
    assert _rows(source) == [{"x": [0.5]}]
    assert source.features() == {"x", "day", "nested", "far"}


@pytest.mark.parametrize(
    ("texts", "declared", "expected"),
    [
        (("1", "2"), {}, [[1], [2]]),
        (("1", "2.5"), {}, [[1.0], [2.5]]),
        (("1", "", "NA"), {}, [[1], None, None]),
        (("true", "False"), {}, [[1], [0]]),
        (("01001", "94103"), {}, [[b"01001"], [b"94103"]]),
        (("12345678901234567890", "1"), {}, [[b"12345678901234567890"], [b"1"]]),
        (("2024-01-02", "2024-01-03"), {}, [[b"2024-01-02"], [b"2024-01-03"]]),
        (("1", "2"), {"c": tf.float32}, [[1.0], [2.0]]),
        (("1.0", "2"), {"c": tf.int64}, [[1], [2]]),
        (("01", "2"), {"c": tf.float32}, [[1.0], [2.0]]),
        (("94103", "2.50"), {"c": tf.string}, [[b"94103"], [b"2.50"]]),
        (("true", "0"), {"c": tf.float32}, [[1.0], [0.0]]),
        (("+4e0", "-2.5"), {}, [[4.0], [-2.5]]),
        (("+4", "2"), {"c": tf.int64}, [[4], [2]]),
        (("3.5", "None", "<NA>", "\\N"), {}, [[3.5], None, None, None]),
    ],
)
def test_types_come_from_who_knows_them_else_from_all_files(
    texts: tuple[str, ...], declared: Mapping[str, tf.DType], expected: list[Any], tmp_path: Path
) -> None:
    for number, text in enumerate(texts):
        (tmp_path / f"part-{number}.csv").write_text(f"c,other\n{text},\n")
    source = _open(f"{tmp_path}/part-*.csv", _needing("c", **declared))
    assert [row.get("c") for row in _rows(source)] == expected


def _compressed(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("table.csv", b'x,t\n1,"a\nb"\n'),
        ("table.CSV", b'x,t\r\n1,"a\nb"\r\n'),
        ("table.csv", b'\xef\xbb\xbfx,t\n1,"a\nb"\n'),
        ("table.csv", 'x,t\n1,"a\nb"\n'.encode("utf-16")),
        ("table.csv", b'x;t\n1;"a\nb"\n'),
        ("table.csv", b'x\tt\n1\t"a\nb"\n'),
        ("table.tsv", b'x\tt\n1\t"a\nb"\n'),
        ("table.csv.gz", _compressed('x,t\n1,"a\nb"\n')),
        ("table.csv", _compressed('x,t\n1,"a\nb"\n')),
        ("table.csv", b'x,t,,\n1,"a\nb",,\n'),
        ("table.csv", b'# exported by us\r\n\r\n# today, x\r\nx,t\r\n1,"a\nb"\r\n'),
        ("table.csv", b'sep=|\nx|t\n1|"a\nb"\n'),
        ("table.csv.zst", pa.compress(b'x;t\n1;"a\nb"\n', "zstd", asbytes=True)),
        ("table.tsv", b'a,b,x\tx\tt\n2\t1\t"a\nb"\n'),
    ],
)
def test_csv_as_it_is(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    columns = _needing("x", "t")
    assert _rows(_open(tmp_path / name, columns)) == [{"x": [1], "t": [b"a\nb"]}]


def test_a_header_of_numbers_is_no_comment(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("#x,y\n1,2\n")
    assert _rows(_open(tmp_path / "table.csv")) == [{"#x": [1], "y": [2]}]


def test_a_header_alone_is_no_obstacle_beside_tables_with_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y")
    (tmp_path / "b.csv").write_text("x,y\n1,2")
    assert _rows(_open(f"{tmp_path}/*.csv")) == [{"x": [1], "y": [2]}]


def test_line_breaks_in_quotes_beyond_a_block(tmp_path: Path) -> None:
    text = "x" * 900 + "\n" + "y" * 900
    frame = pd.DataFrame({"x": range(12_000), "t": text})
    frame.to_csv(tmp_path / "table.csv", index=False)
    source = _open(tmp_path / "table.csv")
    assert sum(source.counts()) == 12_000


def test_latin_1_where_it_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("x\nZürich\n".encode("latin-1"))
    source = open_files([str(path)], "eval", None, str(tmp_path), encoding="latin-1")
    assert _rows(source) == [{"x": ["Zürich".encode()]}]
    with pytest.raises(UserError, match=r"table.csv has another encoding .* by encoding"):
        _open(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("e.csv", b"x,y,x\n1,2,3\n", "has 2 columns 'x'"),
        ("e.csv", b"", "is empty"),
        ("e.csv", b"x,y\n", "There are no rows in .*e.csv"),
        ("e.csv", b"x,y\n1,2\n1,2,3\n", r"e.csv cannot be read .* Row #3: Expected 2 columns"),
        ("e.csv", b'x;y\n"1,5";2\n', "numbers with a comma, such as '1,5'"),
        ("e.csv", b'x;m\n"1";0\n"1";0,5\n', "numbers with a comma, such as '0,5'"),
        ("e.csv", b'x,m\n1,"1,234"\n', "'1,234'.* nothing between thousands"),
        ("e.csv", b'x,y\n1,"2,345,678.5"\n', "'2,345,678.5'.* nothing between thousands"),
        ("e.csv", b"# by us\nx,m\n1,abc\n", "Row 3 of .*e.csv has 'abc' in the column 'm'"),
        ("e.csv", "x,y\n1,2\n".encode("utf-16-le"), "has another encoding"),
        (
            "e.csv",
            b"x y\n1 2\n",
            r"No column that is needed .m, n, x, y. is in .*e.csv, which has x y",
        ),
        ("e.csv.xz", b"\xfd7zXZ\0", "an XZ file"),
        ("e.csv", b"x,y,m\n1,1,0\n1,1,abc\n", "Row 3 of .*e.csv has 'abc' in the column 'm'"),
        ("e.csv", b"x,y,n\n1,1,0\n1,1,1.5\n", "Row 3 .* has '1.5' in the column 'n'.*whole"),
        ("e.xlsx", b"PK\x03\x04....", "Excel or a ZIP"),
        ("e.json", b'[{"x": 1}]', "is JSON"),
        ("e.feather", b"ARROW1\0\0", "Feather"),
        ("e.feather", b"FEA1\0\0", "Feather"),
        ("e.arrows", b"\xff\xff\xff\xff\0\0", "Arrow stream"),
        ("e.txt", b"x,y\n1,2\n", "is text. If it is a table"),
        ("e.parquet", b"x,y\n1,2\n", "is not a Parquet file"),
    ],
)
def test_what_is_not_understood_is_named(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    columns = _needing("x", "y", m=tf.float32, n=tf.int64)
    with pytest.raises(UserError, match=words) as error:
        _open(tmp_path / name, columns)
    assert "written" not in str(error.value)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pa.array([{"a": 1}]), re.escape("type struct<a: int64>")),
        (
            pa.array([2**64 - 1], pa.uint64()),
            "Row 1 of .*e.parquet has 18446744073709551615 in the column 'c'",
        ),
        (pa.array([b"\xff"]), "Row 1 of .* in the column 'n', and the model says whole"),
        (pa.array([[1, None]]), "Row 1 of .* has None in the column 'c'"),
        (pa.array([0.5, -1e300]), "Row 2 of .* has -1e[+]300 in the column 'c'"),
    ],
)
def test_needed_columns_that_no_feature_holds_are_named(
    column: pa.Array, words: str, tmp_path: Path
) -> None:
    parquet.write_table(pa.table({"c": column, "n": column}), tmp_path / "e.parquet")
    with pytest.raises(UserError, match=words):
        _open(tmp_path / "e.parquet", _needing("c", n=tf.int64))


def test_a_column_that_a_parquet_file_has_twice_is_refused(tmp_path: Path) -> None:
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([0])], names=["c", "c"])
    parquet.write_table(twice, tmp_path / "e.parquet")
    with pytest.raises(UserError, match="has 2 columns 'c'"):
        _open(tmp_path / "e.parquet", _needing("c"))


def _records(path: Path, compression: str = "") -> None:
    example = tf.train.Example()
    example.features.feature["x"].int64_list.value.append(1)
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        writer.write(example.SerializeToString(deterministic=True))


def _gzipped_records(folder: Path) -> None:
    _records(folder / "part-0", "GZIP")


def _plain_records_named_gz(folder: Path) -> None:
    _records(folder / "part-0.gz")


def _beside_records(folder: Path) -> None:
    _records(folder / "part-0.tfrecord")
    for name in ("_SUCCESS", ".part-0.tfrecord.crc", ".DS_Store"):
        (folder / name).write_bytes(b"x")


def _spark(folder: Path) -> None:
    pd.DataFrame({"x": [1]}).to_parquet(folder / "part-0.parquet")
    for name in ("_SUCCESS", "._SUCCESS.crc", ".part-0.parquet.crc", "_metadata"):
        (folder / name).write_bytes(b"")


def _partitions(folder: Path) -> None:
    for day in ("2024-01-02", "2024-01-03"):
        (folder / f"day={day}" / "_temporary").mkdir(parents=True)
        (folder / f"day={day}" / "_temporary" / "part.csv").write_text("damaged")
        (folder / f"day={day}" / "part-0.csv").write_text("x\n1\n")


_BY_DAY = [{"x": [1], "day": [b"2024-01-02"]}, {"x": [1], "day": [b"2024-01-03"]}]


@pytest.mark.parametrize("below", ["", "/*", "/*/*"])
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (_gzipped_records, [{"x": [1]}]),
        (_plain_records_named_gz, [{"x": [1]}]),
        (_beside_records, [{"x": [1]}]),
        (_spark, [{"x": [1]}]),
        (_partitions, _BY_DAY),
    ],
)
def test_folders_as_systems_leave_them(
    make: Callable[[Path], None], expected: Rows, below: str, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    make(folder)
    if below == "/*/*" and make is not _partitions:
        below = "/part-*"
    assert _rows(_open(f"{folder}{below}")) == expected


@pytest.mark.parametrize("below", ["", "/part [1].csv"])
def test_names_with_the_letters_of_patterns(below: str, tmp_path: Path) -> None:
    folder = tmp_path / "run [2]"
    (folder / "below").mkdir(parents=True)
    (folder / "part [1].csv").write_text("x\n1\n")
    assert _rows(_open(f"{folder}{below}")) == [{"x": [1]}]


def test_an_encoding_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no encoding 'latin-x'"):
        open_files([str(tmp_path)], "eval", None, str(tmp_path), encoding="latin-x")


def test_several_patterns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    pd.DataFrame({"x": [0.5]}).to_parquet(tmp_path / "b.parquet")
    given = [str(tmp_path / "a.csv"), str(tmp_path / "b.parquet"), str(tmp_path / "*.csv")]
    assert _rows(_open(given)) == [{"x": [1.0]}, {"x": [0.5]}]


def test_a_file_system_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file system for s3://bucket/"):
        open_files(["s3://bucket/*.csv"], "eval", None, str(tmp_path))


def test_spaces_around_names_and_numbers_of_a_csv_file_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("x, y ,z\n1.5, 2,a\n0.5 , 3,b\n")
    columns = _needing("z", x=tf.float32, y=tf.int64)
    assert _rows(_open(tmp_path / "table.csv", columns)) == [
        {"x": [1.5], "y": [2], "z": [b"a"]},
        {"x": [0.5], "y": [3], "z": [b"b"]},
    ]
