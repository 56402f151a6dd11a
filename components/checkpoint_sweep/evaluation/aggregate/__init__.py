"""Sums by slice of all batches, merged in any order, and TFMA's metrics derived from them."""
