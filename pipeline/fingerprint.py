"""Fingerprints of source files, so that an edited model is not served from cache."""

import hashlib
import importlib.util
from collections.abc import Sequence


def fingerprint(modules: Sequence[str]) -> str:
    """A digest of the modules' source files, 16 hexadecimal characters.

    TFX's cache compares inputs and parameters, not the code that a parameter names.
    """
    digest = hashlib.sha256()
    for module in modules:
        spec = importlib.util.find_spec(module)
        assert spec is not None
        assert spec.origin is not None
        with open(spec.origin, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:16]
