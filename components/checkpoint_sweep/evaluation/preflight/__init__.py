"""Checks, before any work, that models, config and examples fit each other."""
