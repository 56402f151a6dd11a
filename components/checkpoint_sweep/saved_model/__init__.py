"""SavedModels and tensor bundles on disk: graphs, signatures, variables, and other weights in them."""
