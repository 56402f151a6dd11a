"""A problem that is learned within seconds, and the command line of the pipeline with it."""
