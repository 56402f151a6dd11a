"""Names of the taxi columns and the sizes that preprocessing and model must agree on."""

LABEL = "big_tipper"

# Heavy-tailed amounts: taken as log(1 + x), then scaled to unit variance.
AMOUNTS = ("fare", "trip_miles", "trip_seconds")

# Coordinates: split into quantile buckets.
COORDINATES = ("pickup_latitude", "pickup_longitude", "dropoff_latitude", "dropoff_longitude")
COORDINATE_BUCKETS = 10

# Strings: replaced by their rank in a vocabulary, rare ones hashed.
VOCABULARIES = ("payment_type", "company")
VOCABULARY_SIZE = 100
OUT_OF_VOCABULARY_BUCKETS = 4

# Small integers, used as they are; 0 stands for "missing" where the column may be.
INTEGERS = {
    "trip_start_hour": 24,
    "trip_start_day": 8,
    "trip_start_month": 13,
    "pickup_community_area": 78,
    "dropoff_community_area": 78,
}


def categorical_sizes() -> dict[str, int]:
    """Counts the distinct ids of every categorical feature after preprocessing."""
    sizes = dict.fromkeys(COORDINATES, COORDINATE_BUCKETS)
    sizes |= dict.fromkeys(VOCABULARIES, VOCABULARY_SIZE + OUT_OF_VOCABULARY_BUCKETS)
    return sizes | INTEGERS


def inputs() -> tuple[str, ...]:
    """Lists the raw columns that the model reads: neither the label nor anything made of it."""
    return (*AMOUNTS, *COORDINATES, *VOCABULARIES, *INTEGERS)
