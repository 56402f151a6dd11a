"""Which Beam runner a list of options names, in every spelling that Beam takes."""

from collections.abc import Sequence

# They run in this process and take no options but Beam's own; others may have their own ones.
_LOCAL = frozenset({"fnapi", "direct", "prism", "bundlebaseddirect", "switchingdirect"})


def named_runner(beam_args: Sequence[str]) -> str | None:
    """The runner as it is spelt, the last if there are several; None if none is named.

    Raises:
        SystemExit: the option has no value; argparse has printed why.
    """
    from apache_beam.options.pipeline_options import StandardOptions  # Seconds.

    runner: str | None = StandardOptions(list(beam_args)).runner
    return runner


def short_name(runner: str) -> str:
    """`dask` of `apache_beam.runners.dask.dask_runner.DaskRunner`, `DaskRunner` or `dask`."""
    return runner.rpartition(".")[2].lower().removesuffix("runner")


def is_local(runner: str) -> bool:
    """Whether the runner needs no workers elsewhere."""
    return short_name(runner) in _LOCAL
