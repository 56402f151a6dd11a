"""Tables as people have them, CSV and Parquet, written as `tf.Example`s."""
