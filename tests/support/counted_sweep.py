"""`sweep` or `watch` in a process of its own, which records what it evaluates, and when.

    COUNTED_RECORD=FILE python -m tests.support.counted_sweep ARGUMENTS.json

The file has the arguments and the options by name; with `until` among them it is `watch`. What was
evaluated is added to FILE.swept: a line for each result.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from checkpoint_sweep import SweepOptions, SweepResult, Until, sweep, watch
from tests.support import counted_models

READY = "ready"  # is printed after imports


def swept(record: Path) -> list[dict[str, Any]]:
    """The results so far: `time`, in seconds since the epoch, and `steps`, those with a value."""
    path = _results(record)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _results(record: Path) -> Path:
    return record.with_name(f"{record.name}.swept")


def _note(result: SweepResult) -> None:
    steps = [v.step for v in result.verdicts if v.value is not None]
    with _results(Path(os.environ[counted_models.RECORD])).open("a") as file:
        file.write(json.dumps({"time": time.time(), "steps": steps}) + "\n")


def _main(path: str) -> None:
    counted_models.count()
    arguments = json.loads(Path(path).read_text())
    print(READY, flush=True)
    run, model = arguments.pop("run"), arguments.pop("model")
    until, every = arguments.pop("until", None), arguments.pop("every", 5.0)
    options = SweepOptions(**arguments)
    if until is None:
        _note(sweep(run, model, options))
    else:
        watch(run, model, options, until=Until(**until), every=every, on_result=_note)


if __name__ == "__main__":
    _main(sys.argv[1])
