"""The Chicago taxi rows that TFX ships; where it is not installed, made-up rows of their kind."""

import csv
import functools
import importlib.util
import random
import tempfile
from pathlib import Path

COLUMNS = (
    "pickup_community_area",
    "fare",
    "trip_start_month",
    "trip_start_hour",
    "trip_start_day",
    "trip_start_timestamp",
    "pickup_latitude",
    "pickup_longitude",
    "dropoff_latitude",
    "dropoff_longitude",
    "trip_miles",
    "pickup_census_tract",
    "dropoff_census_tract",
    "payment_type",
    "company",
    "trip_seconds",
    "dropoff_community_area",
    "tips",
    "big_tipper",
)
_COMPANIES = (
    "",
    "Taxi Affiliation Services",
    "Dispatch Taxi Affiliation",
    "Blue Ribbon Taxi Association Inc.",
    "KOAM Taxi Association",
)


def is_real() -> bool:
    """Tells whether TFX is installed, with the real rows."""
    return importlib.util.find_spec("tfx") is not None


@functools.cache
def csv_file() -> Path:
    """Finds the rows as a CSV file."""
    if is_real():
        from pipeline.problems.taxi.problem import taxi_data

        return taxi_data() / "data.csv"
    directory = Path(tempfile.mkdtemp(prefix="taxi-rows-"))
    return write_made_up(directory / "data.csv", 3_000)


def write_made_up(path: Path, count: int, seed: int = 1) -> Path:
    """Writes rows with the columns, the types, the gaps and the dependencies of the real ones.

    They are the same on each Python and with each version of NumPy.
    """
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(_row(random.Random(f"{seed} {i}")) for i in range(count))
    return path


def _row(chance: random.Random) -> dict[str, object]:
    miles = round(min(chance.expovariate(0.4), 40.0), 1) if chance.random() < 0.7 else 0.0
    fare = round(3.25 + 2.25 * (miles or 2.0) + chance.expovariate(0.5), 2)
    payment = chance.choices(["Cash", "Credit Card", "No Charge", "Unknown"], [660, 330, 7, 3])[0]
    generous = payment == "Credit Card" and chance.random() < 0.75
    tips = round(fare * chance.uniform(0.1, 0.4), 2) if generous else 0.0
    area = chance.choice([1, 3, 6, 8, 8, 8, 28, 32, 32, 76])
    has_dropoff = chance.random() < 0.96
    tract = 17_031_000_000 + 10 * chance.randrange(8_000)
    latitude = 41.70 + 0.003 * area
    return {
        "pickup_community_area": area,
        "fare": fare,
        "trip_start_month": chance.randint(1, 12),
        "trip_start_hour": chance.randint(0, 23),
        "trip_start_day": chance.randint(1, 7),
        "trip_start_timestamp": 1_357_000_000 + 900 * chance.randrange(140_000),
        "pickup_latitude": round(latitude, 9),
        "pickup_longitude": round(-87.9 + 0.004 * area, 9),
        "dropoff_latitude": round(latitude + 0.01, 9) if has_dropoff else "",
        "dropoff_longitude": round(-87.65 + 0.001 * area, 9) if has_dropoff else "",
        "trip_miles": miles,
        "pickup_census_tract": "",
        "dropoff_census_tract": tract if chance.random() < 0.7 else "",
        "payment_type": payment,
        "company": chance.choices(_COMPANIES, [4, 4, 2, 1, 1])[0],
        "trip_seconds": 60 * chance.randint(1, 40),
        "dropoff_community_area": chance.randint(1, 77) if has_dropoff else "",
        "tips": tips,
        "big_tipper": int(tips > fare * 0.2),
    }
