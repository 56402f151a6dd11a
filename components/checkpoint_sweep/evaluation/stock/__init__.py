"""The reference engine: stock TFMA, once for each candidate."""
