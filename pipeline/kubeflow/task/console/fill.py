"""Fills the outputs that consoles show, after the executor."""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from checkpoint_sweep.common.files import write_text
from checkpoint_sweep.common.json_safe import Json
from checkpoint_sweep.common.text import first_line
from pipeline.kubeflow.console_outputs import CLASSIFICATION, METRICS, REPORT
from pipeline.kubeflow.task.console.card_page import no_page

if TYPE_CHECKING:
    from pipeline.kubeflow.task.console.contents import Contents


def fill(
    executor_output: Json,
    shows: str,
    outputs: Mapping[str, Json],
    executor_path: Callable[[str], str],
) -> None:
    """Writes the page, and says in the executor's output what the others hold.

    What cannot be shown is a warning, and a page that says so: the task has done its work.

    Args:
        executor_output: An `ExecutorOutput`, changed in place; its URIs are the real ones.
        shows: Kind of the task, see `contents`.
        outputs: Name and URI of each output to fill, by key.
        executor_path: Gives the name by which a file or folder of a URI is opened here.
    """
    outputs_of_task = executor_output["artifacts"]

    def contents_of_task() -> "Contents":
        # Only now: it takes seconds, which errors before the executor need not wait for.
        from pipeline.kubeflow.task.console.contents import contents

        folders = {
            key: executor_path(listed["artifacts"][0]["uri"])
            for key, listed in outputs_of_task.items()
        }
        metadata = outputs_of_task["blessing"]["artifacts"][0].get("metadata", {})
        return contents(shows, folders, metadata.get("blessed"))

    def tried(what: str, make: Callable[[], Any], otherwise: Callable[[str], Any]) -> Any:
        try:
            return make()
        except Exception as error:
            logging.warning("The console gets no %s", what, exc_info=True)
            return otherwise(first_line(error).rstrip("."))

    makers: dict[str, Callable[[], Json]] = {
        METRICS: lambda: contents_of_task().metrics(),
        CLASSIFICATION: lambda: contents_of_task().classification(),
    }
    filled = {key: tried(key, make, lambda reason: {}) for key, make in makers.items()}
    page = tried(REPORT, lambda: contents_of_task().page(), no_page)
    tried(
        REPORT, lambda: write_text(executor_path(outputs[REPORT]["uri"]), page), lambda reason: None
    )
    for key, artifact in outputs.items():
        outputs_of_task[key] = {"artifacts": [{**artifact, "metadata": filled.get(key, {})}]}
