"""A sweep's metrics as TensorBoard reads them, beside the curves of the training."""

from checkpoint_sweep.report.tensorboard.folder import FOLDER, write_tensorboard

__all__ = ["FOLDER", "write_tensorboard"]
