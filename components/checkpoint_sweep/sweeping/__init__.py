"""What a sweep does, wherever its model run and its examples come from."""
