"""Makes Beam build and run its pipelines faster, with the same results: it looks up what it knows.

Beam asks for the signature, the source and the imports of each function of each step, and parses
all of its options, thousands of times for one pipeline of TFMA, and starts threads to watch each of
its stages: most of the CPU time of an evaluation of a few rows. The answers depend on a function, a
class, or on flags, alone, and are kept here. Nothing that touches an element, a combiner or a model
changes, and what is pickled can be read without this module.
"""

import argparse
import bz2
import concurrent.futures
import functools
import sys
import threading
import types
import weakref
from collections.abc import Callable, Iterable
from typing import Any

from apache_beam.internal import cloudpickle_pickler
from apache_beam.internal.cloudpickle import cloudpickle
from apache_beam.io import filebasedsink
from apache_beam.options import pipeline_options
from apache_beam.runners.worker import bundle_processor, statecache, statesampler
from apache_beam.transforms import core, ptransform, userstate
from apache_beam.typehints import decorators


def use() -> None:
    """Keeps the answers from now on, in this process and in those that are forked from it."""
    if hasattr(core.get_function_args_defaults, "__wrapped__"):
        return
    core.get_function_args_defaults = _arguments_once(core.get_function_args_defaults)
    core._check_fn_use_yield_and_return = _once_a_source(  # noqa: SLF001
        core._check_fn_use_yield_and_return  # noqa: SLF001
    )
    decorators.get_signature = _once_a_function(decorators.get_signature)
    decorators.IOTypeHints.from_callable = staticmethod(
        _once_a_function(decorators.IOTypeHints.from_callable)
    )
    userstate.get_dofn_specs = _once_a_class(userstate.get_dofn_specs)
    cloudpickle._find_imported_submodules = _once_while_nothing_is_imported(  # noqa: SLF001
        cloudpickle._find_imported_submodules  # noqa: SLF001
    )
    pipeline_options.PipelineOptions.view_as = _parsed_once(
        pipeline_options.PipelineOptions.view_as
    )
    pipeline_options.PipelineOptions._visible_option_list = _names  # noqa: SLF001
    ptransform.pickler = types.SimpleNamespace(
        **vars(ptransform.pickler) | {"roundtrip": _of_arguments(ptransform.pickler.roundtrip)}
    )
    # What a side input weighs in the cache, which here holds megabytes and is never full: the exact
    # answer walks through the variables of all modules.
    statecache.get_deep_size = lambda *objects: sum(map(sys.getsizeof, objects))
    # Where each type hint was written, for its error messages.
    decorators.traceback = types.SimpleNamespace(format_stack=lambda limit: [])
    cloudpickle_pickler.bz2 = _Compressor()
    _start_no_threads()


def _once_a_function(inspect: Callable[[Any], Any]) -> Callable[[Any], Any]:
    # A bound method is made anew whenever it is asked for; its function is not.
    kept: tuple[Any, Any] = weakref.WeakKeyDictionary(), weakref.WeakKeyDictionary()

    @functools.wraps(inspect)
    def inspected(function: Any) -> Any:
        bound = isinstance(function, types.MethodType)
        plain = function.__func__ if bound else function
        if not isinstance(plain, types.FunctionType):
            return inspect(function)
        if plain not in kept[bound]:
            kept[bound][plain] = inspect(function)
        return kept[bound][plain]

    return inspected


def _once_a_source(inspect: Callable[[Any], bool]) -> Callable[[Any], bool]:
    kept: dict[types.CodeType, bool] = {}

    @functools.wraps(inspect)
    def inspected(function: Any) -> bool:
        code = getattr(function, "__code__", None)
        if code is None:
            return inspect(function)
        if code not in kept:
            kept[code] = inspect(function)
        return kept[code]

    return inspected


def _arguments_once(inspect: Callable[[Any], Any]) -> Callable[[Any], Any]:
    kept = _once_a_function(inspect)

    @functools.wraps(inspect)
    def arguments(function: Any) -> Any:
        names, defaults = kept(function)
        return list(names), list(defaults)

    return arguments


def _once_a_class(inspect: Callable[[Any], Any]) -> Callable[[Any], Any]:
    kept: weakref.WeakKeyDictionary[type, Any] = weakref.WeakKeyDictionary()

    @functools.wraps(inspect)
    def specs(instance: Any) -> Any:
        if any(isinstance(value, types.MethodType) for value in vars(instance).values()):
            return inspect(instance)
        if type(instance) not in kept:
            kept[type(instance)] = inspect(instance)
        states, timers = kept[type(instance)]
        return set(states), set(timers)

    return specs


def _once_while_nothing_is_imported(find: Callable[..., Any]) -> Callable[..., Any]:
    kept: dict[Any, list[types.ModuleType]] = {}

    @functools.wraps(find)
    def found(code: types.CodeType, dependencies: Iterable[Any]) -> list[types.ModuleType]:
        modules = tuple(x for x in dependencies if isinstance(x, types.ModuleType))
        if not modules:
            return []
        key = (code.co_names, modules, len(sys.modules))
        if key not in kept:
            kept[key] = find(code, modules)
        return kept[key]

    return found


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
        made._visible_options = kept[key]  # Only the names are read, see `_names`.
        for name, value in vars(kept[key]).items():
            if name not in self._all_options:
                is_mutable = isinstance(value, (list, dict))
                self._all_options[name] = value.copy() if is_mutable else value
        made._all_options = self._all_options
        return made

    return view


def _names(self: Any) -> list[str]:
    return sorted(name for name in vars(self._visible_options) if name[0] != "_")


def _of_arguments(roundtrip: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Beam tries whether the function of a step can be pickled, and drops the copy.

    What sends the step to workers pickles it again, and fails with it then.
    """

    @functools.wraps(roundtrip)
    def copied(value: Any) -> Any:
        return roundtrip(value) if value and isinstance(value, (tuple, dict)) else value

    return copied


class _Compressor:
    """Compresses in the format of bz2; what it has compressed lately it need not decompress."""

    def __init__(self) -> None:
        self._kept: dict[bytes, bytes] = {}
        self._lock = threading.Lock()
        self.compress = functools.lru_cache(1024)(self._compress)

    def decompress(self, compressed: bytes) -> bytes:
        data = self._kept.get(compressed)
        return bz2.decompress(compressed) if data is None else data

    def _compress(self, data: bytes, compresslevel: int) -> bytes:
        compressed = bz2.compress(data, min(compresslevel, 1))
        with self._lock:
            while len(self._kept) > 1024:
                del self._kept[next(iter(self._kept))]
            self._kept[compressed] = data
        return compressed


def _start_no_threads() -> None:
    """Lets a bundle run in the thread that runs it, without others that watch it or wait for it."""
    bundle_processor.concurrent = types.SimpleNamespace(
        futures=types.SimpleNamespace(
            ThreadPoolExecutor=_Here, TimeoutError=concurrent.futures.TimeoutError
        )
    )
    # Samples of how long each step takes, which nobody reads.
    statesampler.StateSampler.start = _start_sampling
    statesampler.StateSampler.stop = _stop_sampling
    filebasedsink.util = types.SimpleNamespace(
        **vars(filebasedsink.util)
        | {"run_using_threadpool": lambda function, inputs, _: list(map(function, inputs))}
    )


class _Here(concurrent.futures.Executor):
    """Runs what is submitted at once."""

    def __init__(self, **_: Any) -> None:
        pass

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        try:
            future.set_result(function(*args, **kwargs))
        except BaseException as error:  # as an executor does
            future.set_exception(error)
        return future


def _start_sampling(self: Any) -> None:
    self.tracked_thread = threading.current_thread()
    statesampler.set_current_tracker(self)
    self.started = True


def _stop_sampling(self: Any) -> None:
    statesampler.set_current_tracker(None)
    self.finished = True
