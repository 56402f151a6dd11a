"""The pipeline on this machine: one run at a time in a root, and the next goes on from it."""
