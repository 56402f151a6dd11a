"""Makes artifacts of the Kubeflow SDK from plain numbers; writes their metadata.

Runs in the environment of the Kubeflow SDK:
`python -m tests.pipeline.kubeflow.task.console.sdk_artifacts`, with a JSON object of `titles`,
`curve` and `matrix` as its input.
"""

import json
import sys

from kfp import dsl
from kfp.dsl.types import artifact_types


def main() -> None:
    """Reads points and counts from the input; writes metadata, and the classes of schema titles."""
    given = json.load(sys.stdin)
    artifact = dsl.ClassificationMetrics()
    artifact.log_roc_curve(*given["curve"])
    artifact.log_confusion_matrix(*given["matrix"])
    known = {
        kind.schema_title: name
        for name, kind in vars(artifact_types).items()
        if isinstance(kind, type) and hasattr(kind, "schema_title")
    }
    classes = {title: known.get(title) for title in given["titles"]}
    json.dump({"metadata": artifact.metadata, "classes": classes}, sys.stdout)


if __name__ == "__main__":
    main()
