"""Writes the handwritten digits that scikit-learn ships as a TFRecord file of images."""

from pathlib import Path

from checkpoint_sweep.common.files import replacing
from pipeline.problems.digits import features

_FILE = "digits.tfrecord.gz"
_BRIGHTEST = 16.0  # in scikit-learn's images


def digits_data(directory: Path) -> Path:
    """Finds the folder of the data, which is written if it is not there.

    A file that is there stays as it is: ExampleGen's cache looks at the time of its last change.

    Args:
        directory: Folder to write to.
    """
    if not (directory / _FILE).exists():
        # The folder as a whole: ExampleGen reads every file in it, also half of one.
        with replacing(directory) as scratch:
            Path(scratch).mkdir()
            _write(Path(scratch) / _FILE, examples())
    return directory


def examples(count: int | None = None) -> list[bytes]:
    """Makes serialized `tf.Example`s of the first `count` digits, or of all 1,797.

    They are in scikit-learn's order.

    Each has the image as a PNG of 8 by 8 pixels with 256 shades, and the label as an int64.
    """
    import numpy as np
    import tensorflow as tf
    from sklearn.datasets import load_digits

    digits = load_digits()
    shades = np.round(digits.images[:count] * (255 / _BRIGHTEST)).astype(np.uint8)
    serialized = []
    for pixels, label in zip(shades, digits.target.tolist(), strict=False):
        example = tf.train.Example()
        png = tf.io.encode_png(pixels[..., np.newaxis]).numpy()
        example.features.feature[features.IMAGE].bytes_list.value.append(png)
        example.features.feature[features.LABEL].int64_list.value.append(label)
        serialized.append(example.SerializeToString(deterministic=True))
    return serialized


def _write(file: Path, serialized: list[bytes]) -> None:
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(file), tf.io.TFRecordOptions(compression_type="GZIP")) as writer:
        for example in serialized:
            writer.write(example)
