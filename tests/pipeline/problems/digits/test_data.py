import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

from pipeline.problems.digits import features
from pipeline.problems.digits.data import digits_data

_COUNT = 1797


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return digits_data(tmp_path_factory.mktemp("root") / "data")


def test_images_and_labels_are_those_of_scikit_learn(written: Path) -> None:
    (file,) = written.iterdir()
    records = list(tf.data.TFRecordDataset(str(file), "GZIP").as_numpy_iterator())
    assert len(records) == _COUNT
    digits = load_digits()
    for record, image, label in list(zip(records, digits.images, digits.target, strict=True))[::50]:
        columns = tf.train.Example.FromString(record).features.feature
        assert columns[features.LABEL].int64_list.value[:] == [label]
        pixels = tf.io.decode_png(columns[features.IMAGE].bytes_list.value[0])
        assert pixels.shape == (features.SIZE, features.SIZE, 1)
        np.testing.assert_array_equal(np.round(pixels[..., 0] / 255 * 16), image)


def test_the_same_bytes_are_written_anywhere(written: Path, tmp_path: Path) -> None:
    (first,), (second,) = written.iterdir(), digits_data(tmp_path / "data").iterdir()
    assert first.read_bytes() == second.read_bytes()


def test_an_existing_file_is_not_written_again(written: Path) -> None:
    (file,) = written.iterdir()
    os.utime(file, (1, 1))
    digits_data(written)
    assert file.stat().st_mtime == 1


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    assert [file.name for file in digits_data(tmp_path).iterdir()] == ["digits.tfrecord.gz"]
    assert [folder.name for folder in tmp_path.parent.glob(f"{tmp_path.name}*")] == [tmp_path.name]
