"""TFMA's plots as arrays, and in its files' format."""
