"""An evaluation config to begin with, drafted from a SavedModel and from examples."""
