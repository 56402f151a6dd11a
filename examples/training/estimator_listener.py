"""An Estimator that evaluates its own checkpoints, each as soon as it is saved."""

from checkpoint_sweep import SweepListener, SweepOptions

OPTIONS = SweepOptions("eval-*.tfrecord", "eval_config.pbtxt", "auc")


def train(estimator, input_fn, serving_input_receiver_fn, steps=4000, options=OPTIONS):
    """Trains to the last step, or until 5 checkpoints have brought nothing better."""
    listener = SweepListener(estimator, serving_input_receiver_fn, options, patience=5)
    estimator.train(input_fn, max_steps=steps, saving_listeners=[listener])
    print(listener.result.reason, listener.result.model)
    return listener.result
