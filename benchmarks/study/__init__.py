"""`make study`: are the intervals, the set of the best and the rules as good as they say?

    python -m benchmarks.study                       # everything, some minutes on a quiet core
    python -m benchmarks.study --replications 100    # quick, and rough
    python -m benchmarks.study --run taxi=runs/taxi --run fares=runs/fares

Checkpoints of known quality are made up, the library's own functions judge them on samples, and
what they say is compared with what is true. With ``--run`` the same is asked of real checkpoints,
by drawing again and again from the examples that they were not trained on.

Files: ``simulated_runs`` makes checkpoints and knows the truth, ``scenarios`` says how good each
is; ``fold_metrics`` evaluates them; ``trials`` runs the library on one sample, ``simulation`` on
many and ``summary`` adds up. ``blessings`` counts false blessings, ``weak_spots`` looks where there
is little to go by, ``real_runs`` at real checkpoints, whose outputs ``predictions`` gets.
``report`` writes ``STUDY.md`` and its chart, by ``tables``, ``goals``, ``panels`` and ``chart``.

``calibration`` and ``cross_slices`` are commands of their own: standard errors beside the true
deviation of many data sets.
"""
