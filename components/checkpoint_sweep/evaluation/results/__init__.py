"""A candidate's results on disk: what is written, and what reads it back."""
