"""`make bench`: the evaluation engine side by side with what a user would run instead.

    python -m benchmarks                 # everything, under half an hour on two quiet cores
    python -m benchmarks --run runs/taxi # on a finished run instead of one of its own
    python -m benchmarks --profile       # where the engine's time goes, nothing else
    python -m benchmarks --help

Every measurement is a process of its own on the same data, checkpoints and metrics. A way's time
starts when its imports are done and ends when its results are complete; ``stamps`` says how it is
divided. What would take too long is run on fewer examples or checkpoints and scaled along a
straight line, and every scaled figure says so.

Files: ``plan`` says what is measured and what is scaled; ``source_run`` finds or makes the
pipeline run and ``prepare`` the data; ``ways`` has one file per way; ``worker`` is the process of
one measurement and ``runner`` starts it; ``progress`` tells how long it will take; ``figures``
makes medians and scales; ``ratios`` compares with the targets; ``table`` prints and ``record``
writes JSON; ``profiling`` is for ``--profile``. ``RESULTS.md`` is a dated summary.

``resnet`` (`python -m benchmarks.resnet`) is a benchmark of its own, for a model whose predictions
cost more than anything else; ``resnet_job`` and ``resnet_ways`` belong to it. ``sizes`` (`python -m
benchmarks.sizes`) is a table of what sweeps of several sizes take, by ``sizes_job``. ``memory`` is
the peak of a process.

``study`` (`make study`) times nothing: it asks whether intervals, the set of the best and the rules
of choice are as good as they say, see there.
"""
