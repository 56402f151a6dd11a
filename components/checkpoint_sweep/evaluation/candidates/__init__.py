"""Every candidate of a sweep: evaluated, reused, or skipped with a reason."""
