"""What went wrong, in one sentence."""

from pathlib import Path

from checkpoint_sweep.common.error_messages import telling_line
from checkpoint_sweep.common.text import some

_LISTED = 10  # anomalies


def unforeseen(node: str, error: BaseException | str, log: Path) -> str:
    """Words a sentence on a node that failed for a reason that nobody foresaw.

    Args:
        node: Id of the node; empty when none had begun.
        error: What it raised, or what was noted of that.
        log: Log with the whole of it.
    """
    said = f": {line}" if (line := telling_line(error)) else ""
    return f"{_failed(node)}{said}. The whole error is in {log}."


def refused(node: str, sentence: str) -> str:
    """Words a sentence on a node that failed because the machine has refused something.

    Args:
        node: Id of the node; empty when none had begun.
        sentence: Sentence on what it has refused.
    """
    return f"{_failed(node)}. {sentence}"


def anomalous_data(node: str, anomalies: list[str], folder: Path, schema: Path) -> str:
    """Words a sentence, and a list, on a node that failed on data that depart from the schema."""
    listed = some(anomalies, _LISTED, separator="\n  ")
    return (
        f"{node} failed, and the data do not match the schema {schema}:\n  {listed}\n"
        f"Correct the data in {folder}, or the schema."
    )


def _failed(node: str) -> str:
    return f"{node} failed" if node else "The run failed before its first node"
