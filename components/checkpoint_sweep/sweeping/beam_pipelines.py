"""The Beam pipelines of a sweep, by the options that the user gives to Beam."""

import contextlib
import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, cast

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineResult
from apache_beam.runners.worker.statesampler import StateSampler

from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.request import EngineError

_View = TypeVar("_View", bound=PipelineOptions)
_NAME = Words("beam_args", "--beam-arg")
# The pipelines are those of this library, which tests have checked.
_NO_TYPE_CHECK = "--no_pipeline_type_check"
# A bundle waits at its end for the thread of Beam's state sampler, which sleeps for this period.
_SAMPLING_PERIOD_MS = 10
_DEFAULT_SAMPLING_PERIOD = StateSampler.__init__.__defaults__


class _ParsedOnce(PipelineOptions):
    """Beam's options, which parse their flags once for each view: a pipeline asks for hundreds."""

    def view_as(self, cls: type[_View]) -> _View:
        """Returns the view of a class, always the same: it shows what is changed later too."""
        views = self.__dict__.setdefault("_views", {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        return cast(_View, views[cls])


class _PromptPipeline(beam.Pipeline):
    """A pipeline whose bundles, if they run in this process, wait little for Beam's state sampler.

    By default each bundle waits up to 200 ms, and Beam has no option for it.
    """

    def run(self, test_runner_api: bool | str = "AUTO") -> PipelineResult:
        """Runs the pipeline, see ``beam.Pipeline.run``."""
        with _short_sampling_period():
            return super().run(test_runner_api)


@contextlib.contextmanager
def _short_sampling_period() -> Iterator[None]:
    """Shortens the default period of Beam's state sampler in this process, and restores it."""
    StateSampler.__init__.__defaults__ = (_SAMPLING_PERIOD_MS,)
    try:
        yield
    finally:
        StateSampler.__init__.__defaults__ = _DEFAULT_SAMPLING_PERIOD


def pipelines(args: Sequence[str]) -> Callable[[], beam.Pipeline]:
    """Returns a function that makes a new pipeline; one is made at once, to check the options.

    Args:
        args: Options of Beam's.

    Raises:
        EngineError: Beam cannot use them; the message says why.
    """

    def make() -> beam.Pipeline:
        return _PromptPipeline(options=_ParsedOnce([_NO_TYPE_CHECK, *args]))

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):  # argparse prints its usage, and ends the process.
            pipeline = make()
            shutil.rmtree(pipeline.local_tempdir)  # Which Beam removes only of a pipeline that ran.
            pipeline.options.get_all_options()
    except SystemExit as error:
        reason = said.getvalue().strip().rpartition("error: ")[2]
        raise EngineError("Beam cannot use ", _NAME, f": {reason}. Correct it.") from error
    except (ValueError, ImportError, AttributeError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise EngineError("Beam cannot use ", _NAME, f": {reason}. Correct it.") from error
    return make
