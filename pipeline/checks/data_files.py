"""Finds in the data files what would stop ExampleGen, before anything is loaded to run it."""

import csv
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from pipeline.config import ConfigError
from pipeline.problems.problem import FileFormat

# Python reads so much within two seconds; what lies beyond is left to ExampleGen.
_READ = 64 * 2**20  # bytes
_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class DataFileError(ConfigError):
    """A data file cannot be read; the message says which, where and what to do."""


def check_data(folder: Path, file_format: FileFormat) -> None:
    """Checks that ExampleGen can read the files of a folder.

    Args:
        folder: Folder with the files.
        file_format: Format of the files; its pattern says which files of the folder are read.

    Raises:
        DataFileError: there are none, or one is not a regular file or not of the format.
    """
    files = sorted(folder.glob(file_format.value)) if folder.is_dir() else []
    if not files:
        raise DataFileError(
            f"There is no {file_format.value} file in {folder}. Name another folder by --data."
        )
    for file in files:
        _check_regular(file)
    if file_format is FileFormat.CSV:
        _check_csv(files)
    else:
        for file in files:
            _check_records(file)


def _check_regular(file: Path) -> None:
    """Raises DataFileError unless it is a file that can be read and ends."""
    try:
        regular = stat.S_ISREG(file.stat().st_mode)
        readable = os.access(file, os.R_OK)
    except OSError as error:
        raise DataFileError(
            f"{file} cannot be read: {error.strerror}. Correct it, or remove it."
        ) from error
    if not regular:
        raise DataFileError(f"{file} is not a regular file. Put a file there, or remove it.")
    if not readable:
        raise DataFileError(f"{file} may not be read by this user. Change its mode, or remove it.")
    if not file.stat().st_size:
        raise DataFileError(f"{file} is empty. Put data in it, or remove it.")


def _check_records(file: Path) -> None:
    """Raises DataFileError unless it begins as a TFRecord file does."""
    with file.open("rb") as opened:
        begin = opened.read(8)
    if file.suffix == ".gz":
        if not begin.startswith(_GZIP):
            raise DataFileError(f"{file} is not compressed by gzip. Write it again, or rename it.")
    elif int.from_bytes(begin, "little") > file.stat().st_size:
        # A record begins with its length.
        raise DataFileError(f"{file} is not a TFRecord file. Write it again, or remove it.")


def _check_csv(files: list[Path]) -> None:
    """Raises DataFileError unless all have one header, and rows of as many values under it."""
    left, rows = _READ, 0
    columns = _header(files[0])
    for file in files:
        if _header(file) != columns:
            raise DataFileError(
                f"{file} has another header than {files[0]}. Give all files the same columns in "
                "the same order."
            )
        for line, values, size in _rows(file):
            rows += 1
            if values != len(columns):
                raise DataFileError(
                    f"{file}, line {line}: {values} values under a header of {len(columns)} "
                    "columns. Correct the line."
                )
            left -= size
            if left < 0:
                return
    if not rows:
        some = files[0] if len(files) == 1 else f"Every file in {files[0].parent}"
        raise DataFileError(f"{some} has a header and no rows. Put data under it.")


def _header(file: Path) -> list[str]:
    """Reads the names of the columns, as ExampleGen takes them: it knows no quotes there."""
    with file.open("rb") as opened:
        first = opened.readline(_READ)
    if first.startswith(_BYTE_ORDER_MARKS):
        raise DataFileError(f"{file} begins with a byte order mark. Save it as UTF-8 without one.")
    text = _text(first, file, 1).strip()
    names = text.split(",")
    if "\r" in text:
        raise DataFileError(
            f"{file}, line 1: a carriage return within the line. End lines with LF or CR LF."
        )
    if '"' in text:
        raise DataFileError(
            f"{file}, line 1: the header has quotes, which would be part of the names. Write the "
            "names without quotes and commas."
        )
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise DataFileError(
            f"{file}, line 1: the header has {repeated[0]!r} twice. Rename one of the columns."
        )
    return names


def _rows(file: Path) -> Iterator[tuple[int, int, int]]:
    """Yields each row's first line, number of values and size in bytes.

    A row ends where the number of quotes is even, as for ExampleGen; blank ones are skipped.
    """
    with file.open("rb") as opened:
        opened.readline()
        begin, record, quotes = 2, "", 0
        for number, raw in enumerate(opened, start=2):
            line = _text(raw, file, number)
            quotes += line.count('"')
            record += line
            if quotes % 2:
                continue
            if content := record.rstrip("\r\n"):
                plain = not quotes and "\r" not in content
                values = content.count(",") + 1 if plain else _values(record, file, begin)
                yield begin, values, len(record)
            begin, record, quotes = number + 1, "", 0
    if quotes % 2:
        raise DataFileError(
            f"{file}, line {begin}: a quote is opened and never closed. Correct the line."
        )


def _text(raw: bytes, file: Path, line: int) -> str:
    """Decodes a line.

    Raises:
        DataFileError: it is not text.
    """
    if b"\0" in raw:
        raise DataFileError(f"{file}, line {line}: a NUL byte. Save the file as UTF-8 text.")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise DataFileError(
            f"{file}, line {line}: byte {error.start + 1} is not UTF-8. Save the file as UTF-8."
        ) from error


def _values(record: str, file: Path, line: int) -> int:
    try:
        return len(next(csv.reader([record])))
    except csv.Error as error:
        raise DataFileError(f"{file}, line {line}: {error}. Correct the line.") from error
