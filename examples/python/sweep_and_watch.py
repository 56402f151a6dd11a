"""A sweep from Python: after training, and while training goes on."""

from checkpoint_sweep import StepRange, SweepOptions, Until, sweep, watch

OPTIONS = SweepOptions("eval*.tfrecord", "eval_config.pbtxt", "auc", steps=StepRange(first=1))


def after_training(run="run", model="export"):
    """Sweeps; `result.plot()` draws the metric where matplotlib is installed."""
    result = sweep(run, model, OPTIONS)
    print(result.reason, result.model)
    return result.to_pandas()


def during_training(run="run", model="export", last_step=4000):
    """Evaluates each checkpoint as soon as it is saved, up to the last."""
    return watch(run, model, OPTIONS, until=Until(step=last_step))
