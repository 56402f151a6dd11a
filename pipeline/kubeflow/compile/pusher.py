"""The stock Pusher with the local one's executor, which pushes no model twice."""

from tfx import v1 as tfx
from tfx.dsl.components.base import executor_spec

from pipeline.local import pusher


class Pusher(tfx.components.Pusher):
    """Pushes no model twice; the compiled spec says that it is never cached."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(pusher.PusherExecutor)
