"""What a sweep of several runs takes, and what it does not. Importing it must stay cheap."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from checkpoint_sweep.common import files
from checkpoint_sweep.common.sequences import as_list
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.model_run.run_names import RunsError
from checkpoint_sweep.sweeping import folder as folders

if TYPE_CHECKING:
    from checkpoint_sweep.model_run.runs import ModelRun
    from checkpoint_sweep.sweeping.settings import ModelPaths, SweepSettings

# In the path of an exported model: the folder of each run.
RUN_FOLDER = "{run}"


def expand(run: str | Sequence[str], model: str | Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the directories of the runs, absolute ones of several, and of their exported models.

    >>> expand(["/a", "/b"], "{run}/export")
    (['/a', '/b'], ['/a/export', '/b/export'])

    Args:
        run: Directory of the checkpoints, or of those of several runs.
        model: Directory of a SavedModel, or of an Estimator's exports, for all runs; or one for
            each run, in their order. `{run}` in it stands for the directory of each run.

    Raises:
        RunsError: There is no run.
    """
    directories, models = as_list(run), as_list(model)
    if not directories:
        raise RunsError("There is no run to sweep. Name the folder of one.")
    if len(directories) > 1:
        directories = list(map(files.absolute, directories))
    if len(models) == 1 and RUN_FOLDER in models[0]:
        models = models * len(directories)
    if len(models) == len(directories):
        pairs = zip(models, directories, strict=True)
        models = [path.replace(RUN_FOLDER, folder) for path, folder in pairs]
    return directories, models


def runs_of(directories: Sequence[str], models: Sequence[str]) -> "list[ModelRun]":
    """Makes the runs of a sweep of what `expand` gave.

    Raises:
        RunsError: A run is there twice or has results of sweeps, or there are other numbers of
            models.
        SavedModelError: There are several SavedModels where one is to be.
    """
    from checkpoint_sweep.model_run.runs import make_runs
    from checkpoint_sweep.saved_model.timestamped_exports import find_export

    if len(directories) > 1 and (output := next(filter(folders.is_output, directories), None)):
        raise RunsError(
            f"{output} has the results of sweeps, so it is no run. Leave it out of the runs."
        )
    return make_runs(directories, list(map(find_export, models)))


def check_single(run: str | Sequence[str], what: str) -> str:
    """Returns the only run, for what takes no more than one.

    Args:
        run: Directory, or several.
        what: What takes one, at the beginning of a sentence.

    Raises:
        RunsError: There are several.
    """
    if isinstance(run, str):
        return run
    raise RunsError(
        f"{what} takes one run. Do it for each, with an output of its own; a sweep takes several "
        "that have ended."
    )


def check_runs(settings: "SweepSettings", models: "ModelPaths") -> None:
    """Checks that what is asked for makes sense of several runs.

    Raises:
        RunsError: Averages are asked for, whose checkpoints are of one run; or an eval graph, and
            the runs do not share their graph.
    """
    if len(models.exports) > 1 and models.eval_model is not None:
        raise RunsError(
            "An eval graph is of one graph, and the runs have exports of their own. Give one "
            "exported model that all runs share, or leave out ",
            Words("eval_model", "--eval-model"),
            ".",
        )
    if len(models.runs) > 1 and settings.averages is not None:
        raise RunsError(
            f"Averages are of the checkpoints of one run, and there are {len(models.runs)}. Leave "
            "out ",
            Words("averages", "--average-last and --greedy-soup"),
            ", or sweep each run alone.",
        )
