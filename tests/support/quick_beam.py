"""Makes Beam build and run its pipelines faster, with the same results: it looks up what it knows.

Beam asks for the signature of each method of each step, and parses all of its options, thousands
of times for one pipeline of TFMA: half of the CPU time of an evaluation of a few rows. The answers
depend on a function, or on flags, alone, and are kept here. Nothing that touches an element, a
combiner or a model changes.
"""

import argparse
import copy
import functools
import sys
from collections.abc import Callable
from typing import Any

from apache_beam.options import pipeline_options
from apache_beam.runners.worker import statecache
from apache_beam.transforms import core


def use() -> None:
    """Keeps the answers from now on, in this process and in those that are forked from it."""
    if hasattr(core.get_function_args_defaults, "kept"):
        return
    core.get_function_args_defaults = _arguments_once(core.get_function_args_defaults)
    pipeline_options.PipelineOptions.view_as = _parsed_once(
        pipeline_options.PipelineOptions.view_as
    )
    # What a side input weighs in the cache, which here holds megabytes and is never full: the exact
    # answer walks through the variables of all modules.
    statecache.get_deep_size = lambda *objects: sum(map(sys.getsizeof, objects))


def _arguments_once(inspect: Callable[[Any], Any]) -> Callable[[Any], Any]:
    kept: dict[Any, Any] = {}

    @functools.wraps(inspect)
    def arguments(function: Any) -> Any:
        # A bound method is made anew whenever it is asked for; its function is not.
        plain = getattr(function, "__func__", None)
        key = (plain or function, plain is None)
        try:
            if key not in kept:
                kept[key] = inspect(function)
        except TypeError:  # it has no hash
            return inspect(function)
        names, defaults = kept[key]
        return list(names), list(defaults)

    arguments.kept = kept  # type: ignore[attr-defined]
    return arguments


def _parsed_once(view_as: Callable[[Any, type], Any]) -> Callable[[Any, type], Any]:
    kept: dict[Any, argparse.Namespace] = {}

    @functools.wraps(view_as)
    def view(self: Any, cls: type) -> Any:
        flags = self._flags
        key = (cls, None if flags is None else tuple(flags))
        if key not in kept:
            kept[key] = vars(cls(flags))["_visible_options"]
        made = object.__new__(cls)
        made._flags = flags
        made._visible_options = options = copy.deepcopy(kept[key])
        for name, value in vars(options).items():
            self._all_options.setdefault(name, value)
        made._all_options = self._all_options
        return made

    return view
