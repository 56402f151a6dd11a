"""Outputs of types that consoles show, which TFX has none of: added to what TFX compiled.

TFX's executors do not know them: the entrypoint takes them out before it calls TFX's, and fills
them from what the executor has written.
"""

from checkpoint_sweep.common.json_safe import Json

REPORT = "report"
METRICS = "metrics"
CLASSIFICATION = "classification_metrics"
# As the Kubeflow SDK writes them.
TITLES = {
    REPORT: "system.HTML",
    METRICS: "system.Metrics",
    CLASSIFICATION: "system.ClassificationMetrics",
}
_VERSION = "0.0.1"

# The tasks that have them, and what `--shows` says of it to the entrypoint.
SHOWS = {"CheckpointSweep": "sweep", "Evaluator": "evaluation"}


def declare(spec: Json) -> None:
    """Adds them to the tasks that have something to show.

    Args:
        spec: Compiled `PipelineSpec`, changed in place.
    """
    for task, what in SHOWS.items():
        name = spec["root"]["dag"]["tasks"][task]["componentRef"]["name"]
        component = spec["components"][name]
        component["outputDefinitions"]["artifacts"] |= {
            key: {"artifactType": {"schemaTitle": title, "schemaVersion": _VERSION}}
            for key, title in TITLES.items()
        }
        container = spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
        container["args"] = [f"--shows={what}", *container["args"]]


def take_out(executor_input: Json) -> dict[str, Json]:
    """Removes them from the input of a task that has them, in place.

    Returns:
        Their names and URIs, by key.
    """
    artifacts = executor_input.get("outputs", {}).get("artifacts", {})
    listed = {key: artifacts.pop(key)["artifacts"][0] for key in TITLES if key in artifacts}
    return {
        key: {"name": artifact.get("name", ""), "uri": artifact["uri"]}
        for key, artifact in listed.items()
    }
