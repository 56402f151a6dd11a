"""`make bench`: the evaluation engine side by side with what a user would run instead.

    python -m benchmarks.engine                 # everything, 12 minutes on two quiet cores
    python -m benchmarks.engine --run runs/taxi # on a finished run instead of one of its own
    python -m benchmarks.engine --profile       # where the engine's time goes, nothing else
    python -m benchmarks.engine --help

Every measurement is a process of its own on the same data, checkpoints and metrics. A contender's
time starts when its imports are done and ends when its results are complete;
``common.timing_events`` says how it is divided. What would take too long is run on fewer examples
or checkpoints and scaled along a straight line, and every scaled figure says so.

Files: ``plan`` says what is measured and what is scaled; ``common.source_run`` finds or makes the
pipeline run and ``prepare`` the data; ``contenders`` has one file per contender; ``worker`` is the
process of one measurement and ``runner`` starts it; ``progress`` tells how long it will take;
``figures`` makes medians and scales; ``ratios`` compares with the targets; ``table`` prints,
``record`` writes JSON and ``markdown`` Markdown; ``profiling`` is for ``--profile``.
"""
