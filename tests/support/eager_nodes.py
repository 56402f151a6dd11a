"""Runs the pipelines of TFX's own nodes step by step, where a run names no way to run Beam.

ExampleGen, StatisticsGen and Transform are the greater part of what a small run of the pipeline
takes, and what they compute does not depend on Beam's runner. The sweep and our Evaluator run on
Beam's own, as does everything where options for Beam are given, such as `BEAMS_OWN`, or in a
process that was not forked.
"""

import functools
from typing import Any

import apache_beam as beam
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor

from pipeline.beam_runner import IN_THIS_PROCESS
from tests.support import eager_beam

# Option of the pipeline that has all nodes run on Beam's own runner, in one process, as by default.
BEAMS_OWN = "--beam-arg=--direct_running_mode=in_memory"


def use() -> None:
    """Runs them so from now on, in this process and in those that are forked from it."""
    BaseBeamExecutor._make_beam_pipeline = _eager_where_possible(  # noqa: SLF001
        BaseBeamExecutor._make_beam_pipeline  # noqa: SLF001
    )


def _eager_where_possible(make: Any) -> Any:
    @functools.wraps(make)
    def made(self: Any) -> beam.Pipeline:
        stock = type(self).__module__.startswith("tfx.")
        given = [arg for arg in self._beam_pipeline_args if arg.startswith("--")]
        asked = set(given) - {"--labels", *IN_THIS_PROCESS}  # labels are TFX's own
        return eager_beam.pipeline() if stock and not asked else make(self)

    return made
