"""What a Trainer left behind: its checkpoints, its export, and the candidates made of both."""
