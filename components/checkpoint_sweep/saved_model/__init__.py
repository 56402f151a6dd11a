"""SavedModels and tensor bundles on disk: their graphs, signatures and variables."""
