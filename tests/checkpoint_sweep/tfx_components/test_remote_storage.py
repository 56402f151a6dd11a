"""Sweep and Evaluator with all artifacts on a file system that is not local: TensorFlow's ram://."""

import os
import shutil
from pathlib import Path

import tensorflow as tf
from google.protobuf import json_format, text_format
from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.types import standard_artifacts

from checkpoint_sweep import tfma_views as views
from checkpoint_sweep.common.files import PARTIAL
from checkpoint_sweep.model_run.averages import Averages
from checkpoint_sweep.report import read_sweep
from checkpoint_sweep.report.sweep_result import read_verdicts
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.tfx_components.evaluator.executor import EvaluatorExecutor
from checkpoint_sweep.tfx_components.sweep.executor import SweepExecutor
from tests.checkpoint_sweep.tfx_components.sweep.conftest import EVAL_CONFIG
from tests.support import taxi_examples, tfx_artifacts
from tests.support.estimator_run import EstimatorRun


def _upload(local: Path, uri: str) -> str:
    for folder, _, names in os.walk(local):
        target = os.path.join(uri, os.path.relpath(folder, local)).removesuffix("/.")
        tf.io.gfile.makedirs(target)
        for name in names:
            tf.io.gfile.copy(os.path.join(folder, name), f"{target}/{name}", overwrite=True)
    return uri


def _artifact(kind: type[types.Artifact], uri: str) -> list[types.Artifact]:
    return [tfx_artifacts.make(kind, uri)]


def test_sweep_and_evaluator_work_on_a_remote_file_system(
    trained: EstimatorRun,
    examples: list[bytes],
    tmp_path: Path,
) -> None:
    root, context = "ram://bucket", tfx_artifacts.beam_context(tmp_path)
    tfx_artifacts.write_examples(
        tmp_path / "examples", {"eval": examples[:150], "test": examples[150:]}
    )
    shutil.copytree(trained.export, tmp_path / "model" / "Format-Serving")
    shutil.copytree(taxi_examples.schema_artifact().uri, tmp_path / "schema")
    uploaded = _upload(tmp_path / "examples", f"{root}/examples")
    data = tfx_artifacts.examples(uploaded, ["eval", "test"])
    schema = _artifact(standard_artifacts.Schema, _upload(tmp_path / "schema", f"{root}/schema"))
    config = json_format.MessageToJson(
        text_format.Parse(EVAL_CONFIG % 0.1, config_pb2.EvalConfig())
    )
    outputs = {
        "evaluation": _artifact(standard_artifacts.ModelEvaluation, f"{root}/sweep/evaluation/1"),
        "model": _artifact(standard_artifacts.Model, f"{root}/sweep/model/1"),
        "blessing": _artifact(standard_artifacts.ModelBlessing, f"{root}/sweep/blessing/1"),
    }
    for (artifact,) in outputs.values():
        tf.io.gfile.makedirs(artifact.uri)

    SweepExecutor(context).Do(
        {
            "examples": [data],
            "exported_model": _artifact(
                standard_artifacts.Model, _upload(tmp_path / "model", f"{root}/model")
            ),
            "model_run": _artifact(
                standard_artifacts.ModelRun, _upload(trained.model_run, f"{root}/model_run")
            ),
            "schema": schema,
        },
        outputs,
        {
            "eval_config": config,
            "selection": Selection("auc", direction=Direction.HIGHER_IS_BETTER).to_json(),
            "example_splits": '["eval"]',
            "averages": Averages(last=(2,), greedy_soup=True).to_json(),
        },
    )

    verdicts = read_verdicts(f"{root}/sweep/blessing/1")
    assert verdicts.blessed
    assert tf.io.gfile.exists(f"{root}/sweep/model/1/Format-Serving/saved_model.pb")
    sweep = views.open_sweep(f"{root}/sweep/evaluation/1")
    assert sweep.steps == [0, 20, 40, 60]
    assert "average-last-2" in sweep.averages
    assert tf.io.gfile.exists(f"{root}/sweep/evaluation/1/averages/average-last-2/weights.index")
    assert tf.io.gfile.exists(f"{root}/sweep/evaluation/1/report.html")
    assert not tf.io.gfile.glob(f"{root}/sweep/evaluation/1/*{PARTIAL}*")
    table = read_sweep(f"{root}/sweep/evaluation/1").to_pandas()
    evaluated = {v.name for v in verdicts.verdicts if v.value is not None}
    assert set(table.candidate) == evaluated
    views.time_series(sweep, metrics=["auc"]).save(tmp_path / "page.html")
    assert (tmp_path / "page.html").stat().st_size > 100_000

    confirmed = {
        "evaluation": _artifact(standard_artifacts.ModelEvaluation, f"{root}/evaluator/evaluation"),
        "blessing": _artifact(standard_artifacts.ModelBlessing, f"{root}/evaluator/blessing"),
    }
    for (artifact,) in confirmed.values():
        tf.io.gfile.makedirs(artifact.uri)
    EvaluatorExecutor(context).Do(
        {"examples": [data], "model": outputs["model"], "schema": schema},
        confirmed,
        {
            "eval_config": config,
            "example_splits": '["test"]',
            "fairness_indicator_thresholds": "null",
        },
    )
    assert tf.io.gfile.exists(f"{root}/evaluator/blessing/BLESSED")
