"""A sweep's metrics as TensorBoard reads them, beside the curves of the training."""

from checkpoint_sweep.report.tensorboard.folder import FOLDER, try_to_write, write_tensorboard

__all__ = ["FOLDER", "try_to_write", "write_tensorboard"]
