"""The default engine: all candidates in one pass over the data."""
