"""The errors that are raised on purpose.

    SweepError            all of them
    ├── UserError         something given does not fit: an argument, a file, a model, examples
    │   ├── CheckpointError, ExamplesError, EvalConfigError ...: one for each kind of input
    │   └── ConfigError, PodError ...: those of the application in `pipeline/`
    └── RunError          of the application: a run was started, and failed

An error of another class is a defect, or comes from the machine.
"""


class SweepError(Exception):
    """Base of every error that is raised on purpose; the message is for the user.

    >>> from checkpoint_sweep import StepRange, SweepError
    >>> try:
    ...     StepRange(stride=0)
    ... except SweepError as error:
    ...     print(error)
    stride is 0; it must be at least 1.

    A subclass that has a builtin counterpart names it as its second base, so that code which
    catches `ValueError` or `RuntimeError` goes on to work.
    """


class UserError(SweepError, ValueError):
    """Something that was given does not fit; the message says what, and what to do.

    >>> from checkpoint_sweep import StepRange, UserError
    >>> try:
    ...     StepRange(first=400, last=200)
    ... except UserError as error:
    ...     print(error)
    The step range is empty: first 400 > last 200.
    """
