"""The Beam pipelines of a sweep, by the options that the user gives to Beam."""

import contextlib
import io
import shutil
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.evaluation.request import EngineError

_View = TypeVar("_View", bound=PipelineOptions)
_NAME = Words("beam_args", "--beam-arg")
# The pipelines are those of this library, which tests have checked.
_NO_TYPE_CHECK = "--no_pipeline_type_check"


class _ParsedOnce(PipelineOptions):
    """Beam's options, which parse their flags once for each view: a pipeline asks for hundreds."""

    def view_as(self, cls: type[_View]) -> _View:
        """Returns the view of a class, always the same: it shows what is changed later too."""
        views = self.__dict__.setdefault("_views", {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        return cast(_View, views[cls])


def pipelines(args: Sequence[str]) -> Callable[[], beam.Pipeline]:
    """Returns a function that makes a new pipeline; one is made at once, to check the options.

    Args:
        args: Options of Beam's.

    Raises:
        EngineError: Beam cannot use them; the message says why.
    """

    def make() -> beam.Pipeline:
        return beam.Pipeline(options=_ParsedOnce([_NO_TYPE_CHECK, *args]))

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
