"""From files to RecordBatches, and from these to what models and metrics take."""
