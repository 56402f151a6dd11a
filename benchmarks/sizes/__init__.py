"""`make bench-sizes`: what sweeps of several sizes take."""
