"""Silences what the stack prints that tells a user nothing; warnings that matter pass."""

import atexit
import logging
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import checkpoint_sweep

# The library is in this checkout or in site-packages, beside much that is not ours.
_OURS = tuple(
    f"{folder}{os.sep}"
    for folder in (Path(checkpoint_sweep.__file__).parent, Path(__file__).parent.parent)
)

# What follows a failure is one sentence, and the whole of it is in the log. So is an error that
# comes with a traceback.
_FAILURES = (
    "Error processing instruction",
    "Input resolution error",
    "failed with error code",
    "Execution %d failed.",
    "database or disk is full",
)

# Said on every run by libraries that call each other's old interfaces, or about hardware that
# is not there. Nothing in a user's power changes them.
_NOISE = (
    "is deprecated and will be removed",
    "Instructions for updating",
    "eager mode seems disabled",
    "is not in the list of required",
    "tensorflow_ranking is not available",
    "tensorflow_decision_forests is not available",
    "tensorflow_text is not available",
    "struct2tensor is not available",
    "TensorFlow Decision Forests",
    "Setting `feature_slicing_spec`",
    "No model_spec provided",
    "If direct_num_workers is not equal to 0",
    "Make sure that locally built Python SDK docker image",
    "No semi_persistent_directory found",
    "interpreter",
    "ArtifactQuery.property_predicate is not supported",
    "No assets to save",
    "No assets to write",
    "It seems that global step",
    "Tables initialized inside a tf.function",
    "does not have payload_format custom property",
    "SavedModel saved prior to TF 2.5 detected when loading Keras model",
    "Artifact type Model is not found in MLMD",
    "Artifact type ModelBlessing is not found in MLMD",
)


def silence_imports() -> None:
    """Silences what the stack says while it is imported; call it first.

    TensorFlow's C++ log says at ERROR level that CUDA's plugins are registered twice, on
    machines without CUDA too; real errors reach Python as exceptions.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    atexit.register(_silence_exit)
    for category in (DeprecationWarning, FutureWarning, PendingDeprecationWarning):
        warnings.filterwarnings("ignore", category=category)


def _silence_exit() -> None:
    """Silences what TensorFlow's objects raise while the interpreter takes them apart."""
    sys.unraisablehook = lambda unraisable: None


class _OursOrWarning(logging.Filter):
    """Passes the project's own messages from INFO on, and others' real warnings."""

    def __init__(self, also: Callable[[logging.LogRecord], bool]) -> None:
        super().__init__()
        self._also = also

    def filter(self, record: logging.LogRecord) -> bool:
        if self._also(record):
            return True
        if record.pathname.startswith(_OURS):
            return record.levelno >= logging.INFO
        if record.levelno < logging.WARNING:
            return False
        if record.levelno >= logging.ERROR and record.exc_info:
            return False
        message = f"{record.msg} {record.getMessage()}"
        return not any(noise in message for noise in (*_NOISE, *_FAILURES))


def route_logs(
    handler: logging.Handler,
    also: Callable[[logging.LogRecord], bool],
    log: logging.Handler | None = None,
) -> None:
    """Sends everything worth reading to `handler`, all there is to `log`, and nothing elsewhere.

    Args:
        handler: Handler that shows what reaches it.
        also: Tells which other records the handler needs.
        log: Handler that keeps what reaches it.
    """
    # Only here: submitting to Kubeflow uses this module in an environment without absl.
    from absl import logging as absl_logging

    logging.captureWarnings(True)
    # AUC of a slice with one class only is 0/0 by definition, and TFMA reports it as NaN.
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="tensorflow_model_analysis")
    handler.addFilter(_OursOrWarning(also))
    for name in ("", "absl", "tensorflow", "apache_beam"):
        logger = logging.getLogger(name)
        logger.handlers = [h for h in (handler, log) if h] if not name else []
        logger.propagate = True
    logging.getLogger().setLevel(logging.INFO)
    # By absl's own call: Transform silences it for a while and puts back what absl remembers.
    absl_logging.set_verbosity(absl_logging.INFO)
    logging.getLogger("tensorflow").setLevel(logging.WARNING)
