"""Pipelines of Beam's by the user's options."""

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, TypeOptions
from apache_beam.runners.worker import statesampler
from apache_beam.testing.util import assert_that, equal_to

from checkpoint_sweep.sweeping.beam_pipelines import pipelines
from checkpoint_sweep.sweeping.options import BEAM_ARGS


def test_options_have_the_users_values_in_every_view() -> None:
    options = pipelines([*BEAM_ARGS, "--direct_num_workers=3"])().options
    assert options.view_as(DirectOptions).direct_num_workers == 3
    assert not options.view_as(TypeOptions).pipeline_type_check
    assert options.get_all_options()["direct_num_workers"] == 3


def test_a_view_shows_what_is_set_in_another() -> None:
    options = pipelines(BEAM_ARGS)().options
    seen = options.view_as(DirectOptions)
    options.view_as(PipelineOptions).view_as(DirectOptions).direct_num_workers = 5
    assert seen.direct_num_workers == 5
    assert options.view_as(DirectOptions).direct_num_workers == 5


def test_pipelines_share_no_options() -> None:
    make = pipelines(BEAM_ARGS)
    make().options.view_as(DirectOptions).direct_num_workers = 5
    assert make().options.view_as(DirectOptions).direct_num_workers == 1


def _sampling_period_ms(_: object) -> int:
    """The longest time that the bundle of an element waits for at its end."""
    return int(statesampler.get_current_tracker().sampling_period_ms)


def test_bundles_wait_for_a_shorter_time_and_those_of_other_pipelines_as_long_as_before() -> None:
    for make, expected in ((pipelines(BEAM_ARGS), 10), (beam.Pipeline, 200)):
        with make() as pipeline:
            periods = pipeline | beam.Create([None]) | beam.Map(_sampling_period_ms)
            assert_that(periods, equal_to([expected]))
