"""The run of a Trainer: its checkpoints, its export, and the candidates made of both."""
