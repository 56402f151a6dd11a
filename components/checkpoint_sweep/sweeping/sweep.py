"""A sweep without a pipeline: from Python, or from a shell. Importing it must stay cheap."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from checkpoint_sweep.common.errors import UserError
from checkpoint_sweep.report.sweep_result import SweepResult
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.sweeping import folder as folders
from checkpoint_sweep.sweeping.options import SweepOptions
from checkpoint_sweep.sweeping.several_runs import expand
from checkpoint_sweep.sweeping.unchanged import read_unchanged

if TYPE_CHECKING:
    from tensorflow_model_analysis.proto import config_pb2


@overload
def sweep(
    run: str | Sequence[str], model: str | Sequence[str], options: SweepOptions
) -> SweepResult: ...


@overload
def sweep(
    run: str | Sequence[str],
    model: str | Sequence[str],
    options: str | Sequence[str],
    config: "str | config_pb2.EvalConfig",
    select: str | Selection,
    *,
    direction: Direction | None = None,
) -> SweepResult: ...


def sweep(
    run: str | Sequence[str],
    model: str | Sequence[str],
    options: SweepOptions | str | Sequence[str],
    config: "str | config_pb2.EvalConfig | None" = None,
    select: str | Selection | None = None,
    *,
    direction: Direction | None = None,
) -> SweepResult:
    """Evaluates every checkpoint of a training run, or of several, chooses the best, exports it.

    >>> from checkpoint_sweep import SweepOptions, sweep
    >>> options = SweepOptions("eval*.tfrecord", "eval_config.pbtxt", "auc")
    >>> result = sweep("run", "export", options)
    >>> [verdict.step for verdict in result.verdicts]
    [0, 20, 40, 60]
    >>> result.model
    '.../run-sweep/0001/model'
    >>> sorted(set(result.to_pandas()["metric"]))
    ['auc', 'example_count']
    >>> result.plot().figure.savefig("auc.png")

    What every sweep needs may stand in the call itself.

    >>> sweep("run", "export", "eval*.tfrecord", "eval_config.pbtxt", "auc").chosen == result.chosen
    True

    Of several runs, such as seeds or trials, one checkpoint is chosen. Those that share an export
    share its graph; else each run has an export of its own, and `{run}` stands for its directory.

        sweep(["runs/seed-0", "runs/seed-1"], "{run}/export", options)

    A sweep that was interrupted, or whose run has grown, goes on with the same call: what was
    evaluated under the same circumstances is reused. Where nothing is new, the results before stay
    in their folder. The link `latest` beside the numbered folders leads to the last results.

    Args:
        run: Directory of the checkpoints, or a list of directories, one for each run.
        model: Directory of a SavedModel that was exported from one of them; or the folder of an
            Estimator's exports, of which the newest is used. Of several runs, one for all, or one
            for each, in their order.
        options: Examples, evaluation config, metric to choose by, and how to go about it; or the
            examples alone, as `SweepOptions.examples` has them.
        config: Evaluation config, where `options` are the examples.
        select: Metric to choose by, or a selection, where `options` are the examples.
        direction: Direction in which values of the metric are better; None for the selection's, or
            the one that the metric's threshold declares.

    Raises:
        UserError: Something does not fit; the message says what, and what to do.
    """
    options = _options(options, config, select, direction)
    if (before := find_unchanged(run, model, options)) is not None:
        return before
    from checkpoint_sweep.sweeping.full_sweep import full_sweep

    return full_sweep(run, model, options)


def find_unchanged(
    run: str | Sequence[str], model: str | Sequence[str], options: SweepOptions
) -> SweepResult | None:
    """Finds the last result where a sweep would find nothing new; None if one has to be run.

    Args:
        run: Directory of the checkpoints, or of those of several runs, as for `sweep`.
        model: Directory of the exported model, or of several.
        options: Options of the sweep.

    Raises:
        UserError: There is no run, or another process uses the folder of the results.
    """
    directories, exports = expand(run, model)
    output = folders.of_runs(directories, options.output)
    return read_unchanged(directories, exports, options, output)


def _options(
    given: SweepOptions | str | Sequence[str],
    config: "str | config_pb2.EvalConfig | None",
    select: str | Selection | None,
    direction: Direction | None,
) -> SweepOptions:
    """Makes the options of what stands in the call."""
    if isinstance(given, SweepOptions):
        if (config, select, direction) != (None, None, None):
            raise UserError(
                "SweepOptions have a config, a metric and its direction. Give sweep the options "
                "alone, or the examples, the config and the metric without them."
            )
        return given
    if config is None or select is None:
        raise UserError(
            "sweep needs SweepOptions, or the examples, an evaluation config and the metric to "
            "choose by."
        )
    selection = Selection(select) if isinstance(select, str) else select
    if direction is not None:
        selection = dataclasses.replace(selection, direction=direction)
    return SweepOptions(given, config, selection)
