"""`make bench-commands`: what whole commands take on the README's sample run."""
