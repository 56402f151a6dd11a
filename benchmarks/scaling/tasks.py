"""The cases of `benchmarks.scaling`, and what they evaluate, by problem."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from benchmarks.resnet.job import ResnetJob

JOB = "job.json"


@dataclasses.dataclass(frozen=True)
class ScalingCase:
    """What to measure.

    Attributes:
        problem: One of `TASKS`.
        way: Runner: "one process", "processes" of Beam's own runner, or "dask".
        workers: Number of processes that evaluate, of a core each.
        shards: Number of files of the examples.
        examples: Number of examples.
        checkpoints: Number of checkpoints.
        slices: Number of slices of the taxi problem: 1 (all examples) or 25 (those and each
            hour's).
        elements: Number of elements of the pipeline on Dask that the parts of files are dealt out
            to; 0 for one of each worker.
    """

    problem: str
    way: str
    workers: int
    shards: int
    examples: int
    checkpoints: int
    slices: int
    elements: int = 0


@dataclasses.dataclass(frozen=True)
class EvaluationTask:
    """An evaluation.

    Attributes:
        examples: TFRecord file, compressed by gzip.
        schema: Schema of the examples.
        sources: Models to evaluate.
        config: TFMA's, with its defaults.
        adapter: How columns become tensors.
        batch_size: Number of examples that are predicted together.
    """

    examples: str
    schema: Any
    sources: list[Any]
    config: Any
    adapter: Any
    batch_size: int


def taxi(data: Path, case: ScalingCase) -> EvaluationTask:
    """Takes the taxi models, again under other names where there are more than the run has.

    Args:
        data: Directory that `benchmarks.sizes.job` has made.
        case: Numbers of examples, checkpoints and slices.
    """
    from benchmarks.common.prepared_data import PreparedData, adapter_config, eval_config
    from checkpoint_sweep.evaluation.fused.transform import DEFAULT_BATCH_SIZE

    prepared, config = PreparedData(data), eval_config()
    if case.slices == 1:
        del config.slicing_specs[1:]
    sources = prepared.sources(case.checkpoints)
    adapter = adapter_config(prepared.tfxio(case.examples))
    path = prepared.examples(case.examples)
    return EvaluationTask(path, prepared.schema(), sources, config, adapter, DEFAULT_BATCH_SIZE)


def resnet(data: Path, case: ScalingCase) -> EvaluationTask:
    """Takes ResNet-v2-50 on the digits, the last checkpoints, with the problem's own config.

    Args:
        data: Directory with the examples and `JOB`.
        case: Number of checkpoints; the examples are those of the directory.
    """
    from benchmarks.common.prepared_data import adapter_config
    from checkpoint_sweep.common.eval_config import with_defaults
    from pipeline.problems.digits.evaluation import eval_config

    job = ResnetJob(**json.loads((data / JOB).read_text()))
    adapter = adapter_config(job.tfxio())
    sources = job.sources()[-case.checkpoints :]
    config = with_defaults(eval_config(), has_baseline=False)
    return EvaluationTask(job.examples, job.schema(), sources, config, adapter, job.batch_size)


TASKS = {"taxi": taxi, "resnet": resnet}
