"""What all checkpoints of a finished run of the pipeline say of the examples it was not trained on.

    python -m benchmarks.study.predictions RUN FILE

A process of its own: TensorFlow stays out of the study's.
"""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from benchmarks.common.prepared_data import SIGNATURE, newest
from checkpoint_sweep.evaluation.predict import LoadedModels
from checkpoint_sweep.model_run.candidates import candidates_of
from checkpoint_sweep.model_run.checkpoints import find_checkpoints
from checkpoint_sweep.saved_model.model_source import ModelSource
from checkpoint_sweep.saved_model.saved_model import SavedModel

_SPLITS = ("eval", "test")
_BATCH = 500
_GZIP = "GZIP"
# By the signature's output, the label's feature: of taxi, fares and digits.
_LABELS = {"probability": "big_tipper", "fare": "fare", "probabilities": "image/class/label"}


@dataclasses.dataclass(frozen=True)
class RunPredictions:
    """Of all checkpoints after the first, which is not trained.

    Attributes:
        label: Labels, (examples,) float64.
        output: Outputs, (checkpoints, examples) or (checkpoints, examples, classes) float64.
        step: Steps of the checkpoints, (checkpoints,) int64.
    """

    label: npt.NDArray[np.float64]
    output: npt.NDArray[np.float64]
    step: npt.NDArray[np.int64]


def read(path: Path) -> RunPredictions:
    """Reads what `main` has written."""
    with np.load(path) as arrays:
        return RunPredictions(arrays["label"], arrays["output"], arrays["step"])


def predict(run: Path) -> RunPredictions:
    """Runs the library's fused predictor on the raw examples of a run's splits.

    Args:
        run: Root folder of a finished run of taxi, fares or digits.
    """
    exported = SavedModel(str(newest(run / "Trainer/model") / "Format-Serving"))
    checkpoints = find_checkpoints(str(newest(run / "Trainer/model_run")))
    swept = [checkpoint for checkpoint in checkpoints if checkpoint.step > 0]
    made = candidates_of(exported, checkpoints, swept)
    sources = {c.step: source for c, source in made.items() if isinstance(source, ModelSource)}
    records = _records(run)
    predictor = LoadedModels(list(sources.values()), SIGNATURE)
    (input_name,) = predictor.input_specs
    name = next(output for output in _LABELS if output in predictor.output_names)
    batches = []
    for first in range(0, len(records), _BATCH):
        batch = np.array(records[first : first + _BATCH], dtype=object)
        outputs = predictor.predict({input_name: batch})
        batches.append(np.stack([np.asarray(one[name], np.float64) for one in outputs]))
    predictor.close()
    output = np.concatenate(batches, axis=1)
    if output.ndim == 3 and output.shape[2] == 1:
        output = output[:, :, 0]
    return RunPredictions(
        _labels(records, _LABELS[name]), output, np.array(list(sources), np.int64)
    )


def _records(run: Path) -> list[bytes]:
    (examples,) = run.glob("*ExampleGen/examples")
    folder = newest(examples)
    files = [
        str(path) for split in _SPLITS for path in sorted((folder / f"Split-{split}").iterdir())
    ]
    return list(tf.data.TFRecordDataset(files, _GZIP).as_numpy_iterator())


def _labels(records: Sequence[bytes], label: str) -> npt.NDArray[np.float64]:
    values = []
    for record in records:
        feature = tf.train.Example.FromString(record).features.feature[label]
        values.append([*feature.int64_list.value, *feature.float_list.value][0])
    return np.array(values, np.float64)


def main(run: Path, path: Path) -> None:
    """Predicts and writes."""
    found = predict(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **dataclasses.asdict(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
