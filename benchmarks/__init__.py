"""Benchmarks of the engine, one package each; all of them write into `out`, if not told otherwise.

| command | package | what it measures |
|---|---|---|
| `make bench` | `engine` | the evaluation engine side by side with what a user would run instead |
| `make bench-resnet` | `resnet` | the same on ResNet-v2-50, where prediction dominates |
| `make bench-sizes` | `sizes` | what sweeps of several sizes take |
| `make bench-commands` | `commands` | what whole commands take on the README's sample run |
| `make bench-scaling` | `scaling` | what more workers and files are worth, and a cost model |
| `make bench-side-by-side` | `side_by_side` | one job by TF-Slim, Estimator, Keras and `watch` |
| `make study` | `study` | not time: how good intervals and rules of choice are |

`common` has what several of them share. `RESULTS.md`, `SIDE_BY_SIDE.md` and `STUDY.md` are dated
summaries.
"""
