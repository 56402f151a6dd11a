"""Finds the format of a file by its first bytes, and by its name where these do not tell."""

import bz2
import codecs
import enum
import os
import zlib

import pyarrow as pa
import tensorflow as tf

from checkpoint_sweep.evaluation.inputs.source import ExamplesError

_HEAD = 1 << 16
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
_SUFFIXES_OF_COMPRESSED = (".gz", ".gzip", ".bz2", ".zst")
_OTHERS = {
    b"PK\x03\x04": "an Excel or a ZIP file",
    b"\xd0\xcf\x11\xe0": "an Excel file",
    b"ARROW1": "an Arrow or Feather file",
    b"FEA1": "an Arrow or Feather file",
    b"\xff\xff\xff\xff": "an Arrow stream",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"SQLite format": "an SQLite database",
    b"\xfd7zXZ": "an XZ file",
    b"\x04\x22\x4d\x18": "an LZ4 file",
}
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Format(enum.Enum):
    """A format of files that can be read."""

    RECORDS = "TFRecord"
    CSV = "CSV"
    PARQUET = "Parquet"


def format_of(path: str) -> Format:
    """Finds out what a file is.

    Raises:
        ExamplesError: It is something that is not read; the message says what.
        tf.errors.OpError: It cannot be opened.
    """
    name = path.lower()
    for suffix in _SUFFIXES_OF_COMPRESSED:
        name = name.removesuffix(suffix)
    start = head(path)
    if start.startswith(b"PAR1"):
        return Format.PARQUET
    for magic, what in _OTHERS.items():
        if start.startswith(magic):
            raise _not_read(path, what)
    if name.endswith((".csv", ".tsv")):
        return Format.CSV
    if name.endswith(".parquet"):
        raise ExamplesError(f"{path} is not a Parquet file, despite its name. Write it again.")
    if start.lstrip()[:1] in (b"{", b"[") and _is_text(start):
        raise _not_read(path, "JSON")
    if _is_text(start):
        raise ExamplesError(
            f"{path} is text. If it is a table with a header, name it .csv or .tsv; otherwise "
            "write a CSV, Parquet or TFRecord file."
        )
    return Format.RECORDS


def open_stream(path: str) -> pa.NativeFile:
    """Opens a file to be read from its beginning, decompressed."""
    start = _first_bytes(path, 8)
    compression = next((c for magic, c in _COMPRESSED.items() if start.startswith(magic)), None)
    file = open_random_access(path)
    return pa.CompressedInputStream(file, compression) if compression else file


def open_random_access(path: str) -> pa.NativeFile:
    """Opens a file as it is; one that is not local is read at once."""
    if "://" not in path:
        return pa.OSFile(path)
    with tf.io.gfile.GFile(path, "rb") as file:
        return pa.BufferReader(file.read())


def head(path: str) -> bytes:
    """Reads the first bytes of a file, decompressed."""
    start = _first_bytes(path, _HEAD)
    try:
        if start.startswith(b"\x1f\x8b"):
            return zlib.decompressobj(wbits=31).decompress(start, _HEAD)
        if start.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(start, _HEAD)
    except (zlib.error, OSError):
        return start
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        return bytes(open_stream(path).read(_HEAD))
    return start


def encoding_of(start: bytes, declared: str) -> str:
    """Names the encoding of text by its byte order mark; what is declared without one."""
    return "utf-16" if start.startswith(_UTF_16) else declared


def _first_bytes(path: str, size: int) -> bytes:
    with tf.io.gfile.GFile(path, "rb") as file:
        return bytes(file.read(size))


def _is_text(start: bytes) -> bool:
    """Tells whether these are letters: the length of a TFRecord's first record has bytes of 0."""
    if start.startswith(_UTF_16):
        return True
    return bool(start) and b"\0" not in start[:1024]


def _not_read(path: str, what: str) -> ExamplesError:
    return ExamplesError(
        f"{os.path.basename(path)} in {os.path.dirname(path) or '.'} is {what}, which is not "
        "read. Write it as CSV or Parquet, for example with pandas."
    )
