"""What does a Chicago taxi trip cost? A regression by an Estimator."""
