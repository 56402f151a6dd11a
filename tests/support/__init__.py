"""Small real models, runs and examples that tests share."""
