"""The machine of a benchmark: cores, memory, versions of the packages."""

import os
import platform
from collections.abc import Mapping, Sequence
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


def described(machine: Mapping[str, Any], date: str, loads: Sequence[float]) -> str:
    """Describes a measurement's date and machine in sentences.

    Args:
        machine: What `machine` gives.
        date: Day of the measurement.
        loads: Load averages, at the start and at the end.
    """
    first, last = loads
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"Measured on {date}, on {machine['cores']} cores ({machine['processor']}) with "
        f"{machine['memory_bytes'] / 1e9:.0f} GB; load average {first:.1f} at the start and "
        f"{last:.1f} at the end, the benchmark's own included. "
        f"Python {machine['python']}, {versions}."
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), "")
