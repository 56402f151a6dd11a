"""Racing: all candidates on a share of the examples, those that are left on the others."""
