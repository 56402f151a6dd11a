"""The process of one measurement: `python -m benchmarks.engine.worker CASE DATA RESULT`."""

import dataclasses
import importlib
import json
import platform
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path


def main(case_json: str, data: str, result: str) -> None:
    """Measures one case.

    Args:
        case_json: `Case` as JSON.
        data: Directory that `benchmarks.engine.prepare` has made.
        result: File for the `Measurement` as JSON.
    """
    started = time.monotonic()
    from benchmarks.common.memory import peak_bytes
    from benchmarks.common.prepared_data import PreparedData
    from benchmarks.common.timing_events import TimingLog, split_time
    from benchmarks.engine.cases import Case, Measurement

    case = Case(**json.loads(case_json))
    contender = importlib.import_module(f"benchmarks.engine.contenders.{case.contender}")
    imports = time.monotonic() - started
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        events = TimingLog(f"{scratch}/events")
        outcome = contender.run(PreparedData(Path(data)), case, f"{scratch}/out", events)
        peak = peak_bytes()
        measured = Measurement(
            **dataclasses.asdict(split_time(events.read())),
            imports=imports,
            stack=_stack(),
            peak_bytes=peak,
            outcome=outcome(),
        )
    Path(result).write_text(json.dumps(dataclasses.asdict(measured)))


def _stack() -> str:
    tfma, tensorflow = map(metadata.version, ("tensorflow-model-analysis", "tensorflow"))
    return f"TFMA {tfma}, TensorFlow {tensorflow}, Python {platform.python_version()}"


if __name__ == "__main__":
    main(*sys.argv[1:])
