"""Opens tables, and reads some of their columns."""

import contextlib
import csv
import dataclasses
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import unquote

import pyarrow as pa
import tensorflow as tf
from absl import logging
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from checkpoint_sweep.common.text import first_line
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.inputs.source import ExamplesError
from checkpoint_sweep.sweeping.tables.formats import (
    Format,
    encoding_of,
    format_of,
    head,
    open_random_access,
    open_stream,
)

_SEPARATORS = {",": "','", ";": "';'", "\t": "tab", "|": "'|'"}
_BLOCK = 1 << 24  # Bytes; a row of a CSV file must not be longer.
_LINE_END = re.compile(r"\r\n|\r|\n")
_SAID = re.compile(r"sep=([,;\t|])")
_NUMBER = re.compile(r"\s*[-+]?\.?\d[\d.eE+-]*\s*")
_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


@dataclasses.dataclass(frozen=True)
class Table:
    """One file.

    Attributes:
        path: Path of the file.
        types: Type of each column in Arrow by its name; all of a CSV file are text.
        partitions: Value of each column that folders above the file name, as `day=2024-01-02`.
        is_text: Whether values are text that is to be understood, as in a CSV file.
        separator: Separator of the columns of a CSV file.
        encoding: Encoding of a CSV file.
        written: Names in the header of a CSV file, for columns that have spaces around theirs.
        above: Lines above the header of a CSV file, which are ignored.
    """

    path: str
    types: Mapping[str, pa.DataType]
    partitions: Mapping[str, str | None]
    is_text: bool
    separator: str = ","
    encoding: str = "utf-8"
    written: Mapping[str, str] = dataclasses.field(default_factory=dict)
    above: int = 0

    @property
    def first_row(self) -> int:
        """The number of the first row with values: a header is a row too."""
        return 2 + self.above if self.is_text else 1

    @property
    def names(self) -> list[str]:
        """The columns of the file, and those of its folders."""
        return [*self.types, *(name for name in self.partitions if name not in self.types)]

    def batches(self, columns: Collection[str]) -> Iterator[pa.RecordBatch]:
        """Reads columns of the file, and of folders, by rows.

        Raises:
            ExamplesError: It is damaged; the message names the row where this can be told.
        """
        # Also without a column that is needed there are rows.
        found = [name for name in self.types if name in columns] or list(self.types)[:1]
        with _naming(self.path):
            for batch in self._of_file(found):
                folders = [name for name in self.names[len(self.types) :] if name in columns]
                values = [
                    pa.array([self.partitions[name]] * batch.num_rows, pa.string())
                    for name in folders
                ]
                yield pa.RecordBatch.from_arrays([*batch.columns, *values], [*found, *folders])

    def _of_file(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        if not self.is_text:
            file = parquet.ParquetFile(open_random_access(self.path))
            yield from file.iter_batches(columns=list(columns))
            return
        try:
            yield from self._open_csv([self.written.get(name, name) for name in columns])
        except pa.ArrowInvalid as error:
            if "Empty CSV file" not in str(error):  # It has a header, without a line break after.
                raise

    def _open_csv(self, columns: list[str]) -> arrow_csv.CSVStreamingReader:
        """Opens a CSV file, all values as text: what they are is told from all files together."""
        null_values: list[str] = []
        return arrow_csv.open_csv(
            open_stream(self.path),
            read_options=arrow_csv.ReadOptions(
                use_threads=False,
                block_size=_BLOCK,
                encoding=self.encoding,
                skip_rows=self.above,
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=self.separator, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in columns},
                include_columns=columns,
                null_values=null_values,
            ),
        )


def open_table(path: str, needed: Collection[str], others_too: bool, encoding: str) -> Table:
    """Opens a table, and reads the names of its columns.

    Args:
        path: Path of a CSV or Parquet file.
        needed: Columns that are needed; by them separators are told apart.
        others_too: Whether other columns are read as well.
        encoding: Encoding of CSV files without a byte order mark.

    Raises:
        ExamplesError: It cannot be read, or a column that is needed is there twice.
    """
    with _naming(path):
        if format_of(path) is Format.PARQUET:
            schema = parquet.ParquetFile(open_random_access(path)).schema_arrow
            names, separator = schema.names, ","
            table = Table(
                path, dict(zip(names, schema.types, strict=True)), _partitions(path), is_text=False
            )
        else:
            start = head(path)
            encoding = encoding_of(start, encoding)
            names, separator, above = _header(path, start, needed, encoding)
            written = {name.strip(): name for name in names if name != name.strip()}
            names = [name.strip() for name in names]
            types = {name: pa.string() for name in names}
            table = Table(path, types, _partitions(path), True, separator, encoding, written, above)
    twice = [name for name, times in Counter(names).items() if times > 1]
    if wrong := [name for name in twice if name in needed or (others_too and name)]:
        raise ExamplesError(
            f"{path} has {Counter(names)[wrong[0]]} columns {wrong[0]!r}, and nothing tells "
            "which one you mean. Rename or remove one."
        )
    return table


def _header(
    path: str, start: bytes, needed: Collection[str], encoding: str
) -> tuple[list[str], str, int]:
    """Reads the names of a CSV file's columns, what stands between them, and the lines above."""
    text = start.decode(encoding, errors="replace").removeprefix("\ufeff")
    lines = _LINE_END.split(text)
    # As Excel writes it.
    said = _SAID.fullmatch(lines[0])
    above = 1 if said else 0
    while above < len(lines) - 1 and _is_comment(*lines[above : above + 2]):
        above += 1
    text = "\n".join(lines[above:])
    if not text.strip():
        raise ExamplesError(f"{path} is empty. Give a table with a header.")
    headers = {separator: _first_row(text, separator) for separator in _SEPARATORS}
    usual = "\t" if ".tsv" in path.lower() else ","

    def fit(separator: str) -> tuple[int, bool, int]:
        names = headers[separator]
        is_usual = separator == usual and len(names) > 1
        return len({name.strip() for name in names} & set(needed)), is_usual, len(names)

    separator = said[1] if said else max(_SEPARATORS, key=fit)
    if separator != usual:
        logging.info("%s is read with %s between the columns", path, _SEPARATORS[separator])
    return headers[separator], separator, above


def _is_comment(line: str, following: str) -> bool:
    """Tells whether a line is blank, or a comment: the header of the numbers below it is none."""
    if not line.startswith("#"):
        return not line.strip()
    for separator in _SEPARATORS:
        names, values = _first_row(line, separator), _first_row(following, separator)
        if len(names) == len(values) > 1 and any(map(_NUMBER.fullmatch, values)):
            return False
    return True


def _first_row(text: str, separator: str) -> list[str]:
    rows = csv.reader(io.StringIO(text, ""), delimiter=separator)
    return next((row for row in rows if row), [])


def _partitions(path: str) -> dict[str, str | None]:
    """Lists what the folders above a file say, as Hive and Spark name them."""
    parts = [part.partition("=") for part in path.split("/")[:-1]]
    found = {unquote(name): unquote(value) for name, equals, value in parts if name and equals}
    return {name: None if value == _NO_PARTITION else value for name, value in found.items()}


@contextlib.contextmanager
def _naming(path: str) -> Iterator[None]:
    """Raises ExamplesError with the path of the file for what Arrow says of it."""
    try:
        yield
    except (pa.ArrowException, UnicodeError, csv.Error, OSError, tf.errors.OpError) as error:
        reason = first_line(error)
        if "UTF8" in reason or isinstance(error, UnicodeError | csv.Error):
            raise ExamplesError(
                f"{path} has another encoding than it is read with. Name its encoding by ",
                Words("encoding", "--encoding"),
                ", for example latin-1, or write it in UTF-8.",
            ) from error
        raise ExamplesError(
            f"{path} cannot be read as a table: {reason}. Correct the file."
        ) from error
