"""`sweep` or `watch` in a process of its own, which logs what it evaluates, and when.

    CHECKPOINT_SWEEP_TESTS_EVALUATIONS=LOG python -m tests.support.logged_sweep ARGUMENTS.json

ARGUMENTS.json has the arguments and the options by name; with `until` among them it is `watch`.
Each result adds a line to LOG.results.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from checkpoint_sweep import SweepOptions, SweepResult, Until, sweep, watch
from tests.support import evaluation_log

READY = "ready"  # is printed after imports


def results(log: Path) -> list[dict[str, Any]]:
    """Reads the results so far: `time`, in seconds since the epoch, and `steps` with a value."""
    path = _results(log)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _results(log: Path) -> Path:
    return log.with_name(f"{log.name}.results")


def _note(result: SweepResult) -> None:
    steps = [v.step for v in result.verdicts if v.value is not None]
    with _results(Path(os.environ[evaluation_log.LOG])).open("a") as file:
        file.write(json.dumps({"time": time.time(), "steps": steps}) + "\n")


def _main(path: str) -> None:
    evaluation_log.start()
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
