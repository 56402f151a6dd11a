"""The machine of a benchmark: cores, memory, versions of the packages."""

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

_PACKAGES = (
    "tensorflow",
    "tensorflow-estimator",
    "tf-slim",
    "tensorflow-model-analysis",
    "tfx",
    "tfx-bsl",
    "apache-beam",
    "pyarrow",
    "numpy",
)


def machine() -> dict[str, Any]:
    """Describes the cores, the memory and the versions of the packages."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), "")
