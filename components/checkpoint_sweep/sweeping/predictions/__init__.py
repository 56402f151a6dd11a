"""The predictions of single models on every example, as Parquet files."""
