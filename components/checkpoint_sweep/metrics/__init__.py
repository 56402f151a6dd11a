"""Metrics that TFMA lacks, each with a vectorised twin; use them by module and class name.

    metrics {
      module: "checkpoint_sweep.metrics.precision_at_k"
      class_name: "PrecisionAtK"
      config: '"k": 3'
    }

They are ordinary TFMA metrics: stock TFMA computes them too, example by example.
"""
