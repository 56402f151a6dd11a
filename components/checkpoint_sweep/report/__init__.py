"""What people look at after a sweep."""
