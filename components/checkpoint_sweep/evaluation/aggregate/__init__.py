"""What batches add up to: sums by slice, merged, and TFMA's metrics derived from them."""
