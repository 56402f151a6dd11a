"""An EvalConfig as leaves, the inputs that they ask for, and the combiners that sum them."""
