"""Fingerprints of source files, so that an edited model is not served from cache."""

import hashlib
from collections.abc import Sequence
from types import ModuleType


def fingerprint(modules: Sequence[ModuleType]) -> str:
    """A digest of the modules' source files, 16 hexadecimal characters.

    TFX's cache compares inputs and parameters, not the code that a parameter names.
    """
    digest = hashlib.sha256()
    for module in modules:
        assert module.__file__ is not None
        with open(module.__file__, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:16]
