"""Names of the columns that tell a fare: distance, time and place."""

from pipeline.problems.taxi import features as taxi

LABEL = "fare"

# Heavy-tailed amounts: taken as log(1 + x), then scaled to unit variance.
AMOUNTS = ("trip_miles", "trip_seconds")


def categorical_sizes() -> dict[str, int]:
    """Counts the distinct ids of every categorical feature after preprocessing."""
    return dict.fromkeys(taxi.COORDINATES, taxi.COORDINATE_BUCKETS) | taxi.INTEGERS


def inputs() -> tuple[str, ...]:
    """Lists the raw columns that the model reads: neither the label nor anything made of it."""
    return (*AMOUNTS, *taxi.COORDINATES, *taxi.INTEGERS)
