"""Folders that all benchmarks share."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# What benchmarks write, if not told otherwise; not under version control.
OUT = REPOSITORY / "benchmarks" / "out"
# What was measured, for readers.
RESULTS = REPOSITORY / "benchmarks" / "RESULTS.md"
