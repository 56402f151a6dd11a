"""Which Beam runner a list of options names, in every spelling that Beam takes."""

import dataclasses
from collections.abc import Sequence

IN_THIS_PROCESS = ("--runner=FnApiRunner", "--sdk_container_image=none")

# They run in this process and take no options but Beam's own; others may have their own ones.
_LOCAL = frozenset({"fnapi", "direct", "prism", "bundlebaseddirect", "switchingdirect"})


def named_runner(beam_args: Sequence[str]) -> str | None:
    """Finds the runner as it is spelt, the last if there are several; None if none is named.

    Raises:
        SystemExit: the option has no value; argparse has printed why.
    """
    from apache_beam.options.pipeline_options import StandardOptions  # Seconds.

    runner: str | None = StandardOptions(list(beam_args)).runner
    return runner


def short_name(runner: str) -> str:
    """Shortens `apache_beam.runners.dask.dask_runner.DaskRunner`, and `DaskRunner`, to `dask`."""
    return runner.rpartition(".")[2].lower().removesuffix("runner")


def is_local(runner: str) -> bool:
    """Returns whether the runner needs no workers elsewhere."""
    return short_name(runner) in _LOCAL


@dataclasses.dataclass(frozen=True)
class BeamPlacement:
    """Where Beam runs for which nodes.

    Attributes:
        everywhere: Options for all nodes.
        evaluation: Additional options for nodes that evaluate in one pass; of two, the later
            counts.
        sentence: Sentence on which nodes run where, if not all run alike; "" otherwise.
    """

    everywhere: tuple[str, ...]
    evaluation: tuple[str, ...] = ()
    sentence: str = ""


def beam_placement(beam_args: Sequence[str], engine: str) -> BeamPlacement:
    """Decides which nodes run on the runner that `beam_args` names.

    Beam's runner for Dask leaves out what a step gives when a bundle ends, and outputs with tags,
    of which TFX's own nodes and TFMA make use.

    Args:
        beam_args: Options for all nodes.
        engine: Engine that evaluates, see `PipelineConfig.engine`.
    """
    runner = named_runner(beam_args)
    if runner is None or short_name(runner) != "dask":
        return BeamPlacement(tuple(beam_args))
    if engine != "fused":
        return BeamPlacement(
            IN_THIS_PROCESS,
            (),
            "All nodes run in this process: Beam's runner for Dask cannot run stock TFMA.",
        )
    return BeamPlacement(
        IN_THIS_PROCESS,
        # An image is named so that TFX does not package itself for workers anew.
        ("--sdk_container_image=none", *beam_args),
        "CheckpointSweep and Evaluator run on Dask, all other nodes in this process: Beam's runner "
        "for Dask cannot run them.",
    )
