"""What can be learned: a package for each problem, and what they share."""
