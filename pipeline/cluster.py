"""A Dask cluster on this machine: `python -m pipeline.cluster --help`."""

import logging
import os
import signal
import sys
import threading
from typing import Annotated

import typer

from pipeline.reporting.failure import fail

# Of a worker, which has one core.
_ONE_CORE = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
}
# Dask has workers give memory back at once. Then malloc asks the system for every large array anew,
# which is most of a convolution's time beside the convolution.
KEEP_MEMORY = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}
_HOST = "127.0.0.1"


def main(
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many.  [default: one for each core]")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The scheduler's; 0 for any.")] = 8786,
) -> None:
    """Start a Dask scheduler and workers on this machine, of one core each, until Ctrl-C."""
    import dask
    from distributed import LocalCluster

    dask.config.set(KEEP_MEMORY)
    # A terminal sends Ctrl-C to the workers too, which inherit this and so end with the cluster.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        cluster = LocalCluster(
            n_workers=workers or os.cpu_count() or 1,
            threads_per_worker=1,
            host=_HOST,
            scheduler_port=port,
            dashboard_address=None,
            silence_logs=logging.ERROR,
            env=_ONE_CORE,
        )
    except (OSError, RuntimeError) as error:
        fail(
            f"The cluster does not start: {str(error).rstrip('.')}. Is port {port} taken? Name "
            "another by --port.",
            1,
        )
    with cluster:
        address = cluster.scheduler_address
        print(
            f"{len(cluster.workers)} workers at {address}; Ctrl-C ends them. In another terminal:"
        )
        print(f"  make run CLUSTER={address}", flush=True)
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        ended.wait()
        print("Ending the workers.", flush=True)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    sys.exit(app())
