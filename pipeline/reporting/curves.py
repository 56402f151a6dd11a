"""Names the curves below a root of runs for TensorBoard, shorter than their folders do."""

import sys
from pathlib import Path

# Folders with event files, and the word before the number of the execution that wrote them.
_PATTERNS = {
    "sweep": "CheckpointSweep*/evaluation/*/tensorboard",
    "training": "Trainer*/model_run/*",
}


def logdir_spec(root: Path) -> str:
    """Returns the value of TensorBoard's `--logdir_spec`: name and folder of each series of runs.

    Args:
        root: Root of a pipeline's runs.

    Returns:
        Such as "sweep-7:CheckpointSweep/evaluation/7/tensorboard"; "" where nothing is found.
    """
    found = [
        f"{word}-{_execution(root, folder)}:{folder}"
        for word, pattern in _PATTERNS.items()
        for folder in sorted(root.glob(pattern))
        if "," not in str(folder)
    ]
    return ",".join(found)


def _execution(root: Path, folder: Path) -> str:
    """Returns the number of the execution, the third part of the path below the root."""
    return folder.relative_to(root).parts[2]


if __name__ == "__main__":
    runs = Path(sys.argv[1])
    if not (curves := logdir_spec(runs)):
        sys.exit(f"There are no curves in {runs} yet. Start a training by `make run`.")
    print(curves)
