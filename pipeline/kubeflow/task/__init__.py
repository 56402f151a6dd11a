"""What runs in the containers of a compiled pipeline."""
