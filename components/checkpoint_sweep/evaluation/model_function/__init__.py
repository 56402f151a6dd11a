"""The model function's own metrics, beside TFMA's: for every candidate in one pass."""
