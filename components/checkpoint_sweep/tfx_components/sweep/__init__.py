"""Evaluates every checkpoint of a model run and exports, judges and blesses the best."""
