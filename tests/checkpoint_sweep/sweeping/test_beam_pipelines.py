"""Pipelines of Beam's by the user's options."""

from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, TypeOptions

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
