"""Which digit has been written? Ten classes of small images, by TF-Slim in an Estimator."""
