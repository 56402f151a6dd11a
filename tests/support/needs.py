"""What a test needs, and an environment may lack: without it the test is skipped, and says so.

Nothing lists tests: one that imports, or a fixture of which imports, what is not installed for this
Python needs it. `make test-3.11` and `make test-3.12` run what is left.
"""

import importlib.util
import re
from collections.abc import Iterator

# The packages of the extras `tfx`, `kubeflow`, `pipeline` and `dev`, which are for Python 3.10.
PACKAGES = (
    "kfp",
    "markdown_it",
    "matplotlib",
    "ml_metadata",
    "mypy",
    "nbconvert",
    "nbformat",
    "pdoc",
    "playwright",
    "sklearn",
    "tensorflow_transform",
    "tf_slim",
    "tfx",
)
# What TensorFlow says where it has none, and the package of Estimators, which is still installed.
_ESTIMATOR = re.compile(
    "module '.*tensorflow' has no attribute 'estimator'"
    "|cannot import name 'estimator_training' from 'tensorflow.*"
)


def whole() -> bool:
    """Tells whether this is the environment that has everything, in which nothing is skipped."""
    return importlib.util.find_spec("tfx") is not None


def lacking(error: BaseException | None) -> str | None:
    """Names what an error says is not installed; None of any other error.

    Args:
        error: Error of a test, of a fixture or of an import of a file of tests.
    """
    if whole():
        return None
    for one in _causes(error):
        name = (getattr(one, "name", None) or "").partition(".")[0]
        if isinstance(one, ModuleNotFoundError) and name in PACKAGES:
            return name
        if isinstance(one, AttributeError | ImportError) and _ESTIMATOR.fullmatch(str(one)):
            return "tf.estimator"
        if type(one).__name__ == "EstimatorError":
            return "tf.estimator"
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
