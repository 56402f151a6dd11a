import gzip
import os
import re
from pathlib import Path

import pytest

from pipeline.checks import data_files
from pipeline.checks.data_files import DataFileError, check_data
from pipeline.problems.problem import FileFormat
from pipeline.problems.taxi.problem import taxi_data

HEADER = b"fare,company\n"


def _refused(folder: Path, message: str, file_format: FileFormat = FileFormat.CSV) -> None:
    with pytest.raises(DataFileError, match=f"^{message}$"):
        check_data(folder, file_format)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", r"is empty\. Put data in it, or remove it\.", id="empty"),
        pytest.param(HEADER, r"has a header and no rows\. Put data under it\.", id="only a header"),
        pytest.param(HEADER + b"\n\r\n", r"has a header and no rows\. .*", id="only blank rows"),
        pytest.param(
            HEADER + b"1,a\n2,\xe9t\xe9\n",
            r", line 3: byte 3 is not UTF-8\. Save the file as UTF-8\.",
            id="another encoding",
        ),
        pytest.param(b"f\xe9,b\n1,2\n", r", line 1: byte 2 is not UTF-8\. .*", id="in the header"),
        pytest.param(
            HEADER + b"1,a\n\n2\n",
            r", line 4: 1 values under a header of 2 columns\. Correct the line\.",
            id="a value less",
        ),
        pytest.param(HEADER + b"1,a,b\n", r", line 2: 3 values under .*", id="a value more"),
        pytest.param(HEADER + b'1,"a,b",c\n', r", line 2: 3 values under .*", id="with quotes"),
        pytest.param(
            HEADER + b"1,a\n2,b\0c\n",
            r", line 3: a NUL byte\. Save the file as UTF-8 text\.",
            id="NUL",
        ),
        pytest.param(
            "fare,company\n1,a\n".encode("utf-16-le"), ", line 1: a NUL byte.*", id="UTF-16"
        ),
        pytest.param(
            b"\xef\xbb\xbf" + HEADER + b"1,a\n",
            r" begins with a byte order mark\. Save it as UTF-8 without one\.",
            id="byte order mark",
        ),
        pytest.param(
            HEADER + b'1,"a\n2,b\n',
            r", line 2: a quote is opened and never closed\. Correct the line\.",
            id="open quote",
        ),
        pytest.param(
            b"fare,company\r1,a\r",
            r", line 1: a carriage return within the line\. End lines with LF or CR LF\.",
            id="line ends of old",
        ),
        pytest.param(HEADER + b"1,a\r2,b\n", r", line 2: new-line character .*", id="CR in a row"),
        pytest.param(
            b'"fare","company"\n1,a\n', ", line 1: the header has quotes, .*", id="quoted names"
        ),
        pytest.param(
            b"fare,tips,fare\n1,2,3\n",
            r", line 1: the header has 'fare' twice\. Rename one of the columns\.",
            id="two columns of a name",
        ),
    ],
)
def test_a_file_that_examplegen_cannot_read_as_csv_is_refused(
    content: bytes, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes(content)
    _refused(tmp_path, f"{re.escape(str(file))} ?{message.lstrip()}")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(HEADER + b"1,a\n,\n", id="missing values"),
        pytest.param(HEADER + b"1,a", id="no end of the last line"),
        pytest.param(HEADER.replace(b"\n", b"\r\n") + b"1,a\r\n\r\n2,b\r\n", id="CR LF"),
        pytest.param(HEADER + b'1,"a\nb, ""c""\n\nd"\n2,e\n', id="lines and quotes within quotes"),
        pytest.param("fare,company\n1,Größe\n".encode(), id="UTF-8"),
    ],
)
def test_a_csv_file_passes(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(content)
    (tmp_path / "README.txt").write_bytes(b"\0")  # which ExampleGen is not told to read
    check_data(tmp_path, FileFormat.CSV)


def test_the_taxi_data_pass() -> None:
    check_data(taxi_data(), FileFormat.CSV)


def test_files_with_different_headers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(HEADER + b"1,a\n")
    (tmp_path / "b.csv").write_bytes(HEADER)  # one without rows is no harm
    check_data(tmp_path, FileFormat.CSV)
    (tmp_path / "c.csv").write_bytes(b"company,fare\na,1\n")
    _refused(tmp_path, f"{tmp_path}/c.csv has another header than {tmp_path}/a.csv. .*")


def test_a_folder_without_rows_is_refused(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_bytes(HEADER)
    _refused(tmp_path, f"Every file in {tmp_path} has a header and no rows. Put data under it.")


def test_a_path_that_is_no_regular_file_is_refused_unopened(tmp_path: Path) -> None:
    """Opening a FIFO would wait for ever."""
    os.mkfifo(tmp_path / "a.csv")
    _refused(tmp_path, f"{tmp_path}/a.csv is not a regular file. Put a file there, or remove it.")
    (tmp_path / "a.csv").unlink()
    (tmp_path / "b.csv").mkdir()
    _refused(tmp_path, f"{tmp_path}/b.csv is not a regular file. .*")
    (tmp_path / "b.csv").rmdir()
    (tmp_path / "c.csv").symlink_to(tmp_path / "none")
    _refused(tmp_path, f"{tmp_path}/c.csv cannot be read: No such file or directory. .*")


def test_a_folder_without_a_file_of_the_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.CSV").write_bytes(HEADER)
    _refused(tmp_path, f"There is no \\*.csv file in {tmp_path}. Name another folder by --data.")
    _refused(tmp_path / "none", "There is no .*")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tfrecord", b"", "is empty. .*"),
        ("a.tfrecord", b"fare,company\n1,a\n", "is not a TFRecord file. .*"),
        ("a.tfrecord.gz", b"fare,company\n1,a\n", "is not compressed by gzip. .*"),
    ],
)
def test_a_file_that_is_no_tfrecord_file_is_refused(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    _refused(tmp_path, f"{tmp_path}/{name} {message}", FileFormat.TFRECORD)


def test_record_files_pass(tmp_path: Path) -> None:
    record = (3).to_bytes(8, "little") + b"crc_abccrc_"
    (tmp_path / "a.tfrecord").write_bytes(record)
    (tmp_path / "b.tfrecord.gz").write_bytes(gzip.compress(record))
    check_data(tmp_path, FileFormat.TFRECORD)


def test_a_large_file_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies beyond is left to ExampleGen."""
    monkeypatch.setattr(data_files, "_READ", 2**20)
    header, *rows = (taxi_data() / "data.csv").read_bytes().splitlines(keepends=True)
    with (tmp_path / "data.csv").open("wb") as file:
        file.write(header)
        for _ in range(3):
            file.writelines(rows)
        file.write(b"ragged\n")
    check_data(tmp_path, FileFormat.CSV)
