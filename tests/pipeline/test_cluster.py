"""Workers of `make cluster` keep the memory that they will need again."""

import os
import pathlib
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).parents[2]
PROGRAM = """
import os
import dask
from distributed import Client, LocalCluster
from pipeline.cluster import KEEP_MEMORY

if __name__ == "__main__":
    for config in (KEEP_MEMORY, {}):  # Dask leaves what it sets in this process too.
        options = {"n_workers": 1, "host": "127.0.0.1", "dashboard_address": None}
        with dask.config.set(config), LocalCluster(**options) as cluster, Client(cluster) as client:
            (given,) = client.run(os.environ.get, "MALLOC_TRIM_THRESHOLD_").values()
            print(given)
"""


@pytest.mark.slow
def test_workers_are_started_without_dasks_setting_of_malloc(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    python = os.environ.get("DASK_PYTHON", str(REPOSITORY / ".venv-dask/bin/python"))
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'components'}"}
    environment.pop("MALLOC_TRIM_THRESHOLD_", None)
    done = subprocess.run(
        [python, "-W", "ignore", str(program)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    by_us, by_dask = done.stdout.split()
    assert int(by_dask) > 0, "else this setting is needed no more"
    assert by_us == "None"
