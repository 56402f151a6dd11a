"""`make bench-scaling`: more workers and files, and a cost model of the lot."""
