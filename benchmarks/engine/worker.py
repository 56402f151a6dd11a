"""The process of one measurement: `python -m benchmarks.engine.worker CASE DATA RESULT`."""

import dataclasses
import importlib
import json
import sys
import tempfile
import time
from pathlib import Path


def main(case_json: str, data: str, result: str) -> None:
    """Measures one case.

    Args:
        case_json: a `Case` as JSON.
        data: directory that `benchmarks.engine.prepare` has made.
        result: file for the `Measurement` as JSON.
    """
    started = time.monotonic()
    from benchmarks.common.memory import peak_bytes
    from benchmarks.common.prepared_data import Problem
    from benchmarks.common.timing_events import Stamps, split
    from benchmarks.engine.cases import Case, Measurement

    case = Case(**json.loads(case_json))
    way = importlib.import_module(f"benchmarks.engine.contenders.{case.way}")
    imports = time.monotonic() - started
    with tempfile.TemporaryDirectory(prefix="benchmark-") as scratch:
        stamps = Stamps(f"{scratch}/stamps")
        outcome = way.run(Problem(Path(data)), case, f"{scratch}/out", stamps)
        peak = peak_bytes()
        measured = Measurement(
            **dataclasses.asdict(split(stamps.read())),
            imports=imports,
            peak_bytes=peak,
            outcome=outcome(),
        )
    Path(result).write_text(json.dumps(dataclasses.asdict(measured)))


if __name__ == "__main__":
    main(*sys.argv[1:])
