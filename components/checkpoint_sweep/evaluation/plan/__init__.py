"""An EvalConfig as leaves, what they ask for, and the combiners that sum them."""
