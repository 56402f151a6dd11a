"""Metrics that TFMA lacks, each one formula (see `batch_metric`); use them by module and class.

    metrics {
      module: "checkpoint_sweep.metrics.precision_at_k"
      class_name: "PrecisionAtK"
      config: '"k": 3'
    }

They are ordinary TFMA metrics: stock TFMA computes them too, example by example.
"""
