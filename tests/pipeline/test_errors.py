"""What errors of the application and of the benchmarks have in common."""

import inspect
import pkgutil
from importlib import import_module

import benchmarks
import pipeline
from checkpoint_sweep import SweepError


def test_every_error_has_the_base_that_the_library_exports() -> None:
    names = [
        module.name
        for package in (benchmarks, pipeline)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    errors = {
        found
        for name in names
        for _, found in inspect.getmembers(import_module(name), inspect.isclass)
        if found.__module__ == name and issubclass(found, Exception)
    }
    assert {error for error in errors if not issubclass(error, SweepError)} == set()
    assert errors
