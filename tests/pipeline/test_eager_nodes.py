"""What TFX's own nodes write in forked runs, beside what they write on Beam's own runner."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv

from tests.pipeline.tiny import command
from tests.pipeline.tiny.model import FAILS
from tests.pipeline.tiny.problem import PREPROCESSING_FN
from tests.support import tfrecords
from tests.support.eager_nodes import BEAMS_OWN

pytestmark = pytest.mark.slow

_TO_THE_TRAINER = {
    PREPROCESSING_FN: "tests.pipeline.tiny.model.preprocessing_fn",
    FAILS: "training",
}


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The root of a run that runs them step by step, and of one on Beam's own runner."""
    data = command.write_data(tmp_path_factory.mktemp("data"))
    found = []
    for option in ("--steps=40", BEAMS_OWN):
        root = tmp_path_factory.mktemp("root")
        assert command.run(root, data, option, **_TO_THE_TRAINER).states["Transform"] == "complete"
        found.append(root)
    return found


def _output(root: Path, node: str, key: str) -> Path:
    (folder,) = (root / node / key).iterdir()
    return folder


@pytest.mark.parametrize(
    ("node", "key", "splits"),
    [
        ("CsvExampleGen", "examples", {"train", "eval", "test"}),
        ("Transform", "transformed_examples", {"train", "eval"}),
    ],
)
def test_the_examples_are_the_same(
    node: str, key: str, splits: set[str], roots: list[Path]
) -> None:
    """In any order: ExampleGen shuffles."""
    found = []
    for root in roots:
        files = sorted(_output(root, node, key).glob("Split-*/*"))
        assert {file.parent.name.removeprefix("Split-") for file in files} == splits
        found.append([_columns(file) for file in files])
    for eager, beams_own in zip(*found, strict=True):
        assert len(eager) > 50
        # Scaled values near 0 are differences of large ones.
        np.testing.assert_allclose(eager, beams_own, rtol=1e-6, atol=1e-6)


def _columns(file: Path) -> np.ndarray:
    """x and y, in the order of x and y: shape (number of examples, 2)."""
    found = []
    for record in tfrecords.read(str(file), "GZIP"):
        feature = tf.train.Example.FromString(record).features.feature
        found.append((feature["x"].float_list.value[0], feature["y"].int64_list.value[0]))
    return np.array(sorted(found))


def test_the_statistics_are_the_same(roots: list[Path]) -> None:
    for split in ("train", "eval", "test"):
        found = [
            tfdv.load_stats_binary(
                str(_output(root, "StatisticsGen", "statistics") / f"Split-{split}/FeatureStats.pb")
            ).datasets[0]
            for root in roots
        ]
        assert found[0].num_examples > 0
        assert {feature.path.step[0] for feature in found[0].features} == {"x", "y"}
        assert found[0] == found[1]
