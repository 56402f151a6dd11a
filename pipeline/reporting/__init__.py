"""What a user gets to see of a run: its progress, its messages, its summary."""
