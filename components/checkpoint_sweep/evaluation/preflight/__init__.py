"""Whether models, config and examples fit each other, before any work."""
