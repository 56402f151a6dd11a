"""A Beam pipeline that can run stock TFMA."""

from collections.abc import Callable

import apache_beam as beam
from absl import logging
from apache_beam.runners.portability.fn_api_runner import FnApiRunner


def pipeline_for_tfma(make_pipeline: Callable[[], beam.Pipeline]) -> beam.Pipeline:
    """Makes the caller's pipeline, or one in this process where that one cannot run stock TFMA.

    Beam's runner for Dask drops what a step gives when a bundle ends, which is all that TFMA's
    combiners give, and fails on outputs with tags.
    """
    pipeline = make_pipeline()
    if type(pipeline.runner).__name__ != "DaskRunner":
        return pipeline
    logging.warning("Stock TFMA runs in this process: Beam's runner for Dask cannot run it.")
    return beam.Pipeline(runner=FnApiRunner())
