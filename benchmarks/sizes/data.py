"""The data of all sizes, made in a process of its own from a run of the pipeline."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.common import source_run
from benchmarks.common.processes import run_module
from benchmarks.sizes.size import Size


def make_data(run: Path | None, out: Path, sizes: Sequence[Size], console: Console) -> Path:
    """Makes the data anew from a run; returns their directory."""
    root = run.resolve() if run else out / "run"
    if run is None and not source_run.is_finished(root):
        console.print(f"Running the pipeline once, into {root}; a few minutes ...", highlight=False)
        source_run.make(root, out / "logs" / "pipeline.log")
    source_run.check(root)
    console.print(f"Making the data from {root}; a few minutes ...", highlight=False)
    data = out / "sizes"
    log = out / "logs" / "sizes-data.log"
    run_module(
        "benchmarks.sizes.job",
        [
            json.dumps({"run": str(root), "sizes": [dataclasses.asdict(size) for size in sizes]}),
            str(data),
        ],
        log,
        "making the data",
    )
    return data
