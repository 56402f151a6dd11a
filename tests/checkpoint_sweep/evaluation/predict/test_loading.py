"""`load` runs any mix of models, fused where it can, and keeps their order."""

import concurrent.futures
import logging
import os
import pathlib
import pickle
import shutil
import weakref
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

from checkpoint_sweep.evaluation.predict import FusedModels, LoadedModels, SeparateModels
from checkpoint_sweep.saved_model import graph
from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.checkpoint_sweep.evaluation.predict import tf1_graphs, tf2_models
from tests.checkpoint_sweep.evaluation.predict.oracle import (
    assert_same,
    predict_v1,
    predict_v2,
    write_variants,
)
from tests.support.tensor_bundles import read_bundle, write_bundle


def _renamed(model: ModelSource, prefix: str) -> ModelSource:
    """The same weights under other keys."""
    tensors = read_bundle(model.weights)
    keys = {key: f"renamed/{key}" for key in tensors}
    write_bundle(prefix, {keys[key]: value for key, value in tensors.items()})
    return ModelSource(model.name, model.saved_model, prefix, keys)


def test_models_of_different_graphs_keep_their_order(tmp_path: pathlib.Path) -> None:
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    batch = tf1_graphs.export(tf1_graphs.reference_variables, one)
    tf1_graphs.export(tf1_graphs.resource_variables, two)
    for directory in ("a", "b"):
        os.mkdir(tmp_path / directory)
    candidates = write_variants(one, str(tmp_path / "a"), 2)
    baseline = ModelSource.from_saved_model("baseline", two)
    models = [candidates[0], baseline, candidates[1]]

    predictor = LoadedModels(models)

    assert list(predictor.input_specs) == ["x"]
    assert predictor.input_specs["x"].dtype == tf.float32
    assert list(predictor.output_names) == ["y"]
    for model, outputs in zip(models, predictor.predict(batch), strict=True):
        assert_same(outputs, predict_v1(model, str(tmp_path), batch, "serving_default"))
    predictor.close()


def test_equal_graphs_in_two_directories_are_fused_unless_assets_differ(
    tmp_path: pathlib.Path,
) -> None:
    one = str(tmp_path / "one")
    tf1_graphs.export(tf1_graphs.vocabulary_asset, one)
    for name in ("equal", "different"):
        shutil.copytree(one, tmp_path / name)
    (tmp_path / "different" / "assets" / "vocabulary.txt").write_text("oak\nelm")

    models = [
        ModelSource.from_saved_model(name, str(tmp_path / name))
        for name in ("one", "different", "equal")
    ]
    batch = {"examples": np.array([tf1_graphs.serialized_tree(b"elm")], dtype=object)}
    FusedModels([models[0], models[2]]).close()
    with pytest.raises(ValueError, match="different graphs or assets"):
        FusedModels(models)

    ids = [int(outputs["ids"][0]) for outputs in LoadedModels(models).predict(batch)]

    assert ids == [3, 1, 3]


@pytest.mark.parametrize("load", [FusedModels, SeparateModels])
@pytest.mark.parametrize(
    ("build", "predict"),
    [
        (
            lambda path: tf1_graphs.export(tf1_graphs.partitioned_reference_variables, path),
            predict_v1,
        ),
        (tf2_models.module_with_equal_names, predict_v2),
    ],
    ids=["tf1", "tf2"],
)
def test_renamed_keys_are_read_from_the_bundle(
    load: type, build: Callable, predict: Callable, tmp_path: pathlib.Path
) -> None:
    exported = str(tmp_path / "exported")
    batch = build(exported)
    models = write_variants(exported, str(tmp_path), 2)
    renamed = [_renamed(model, f"{model.weights}-renamed") for model in models]

    predictions = load(renamed).predict(batch)

    for model, outputs in zip(models, predictions, strict=True):
        assert_same(outputs, predict(model, str(tmp_path), batch, "serving_default"))


def test_a_graph_that_cannot_be_fused_is_loaded_separately_and_says_so(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    exported = str(tmp_path / "exported")
    batch = tf1_graphs.export(tf1_graphs.variable_inside_a_function, exported)
    models = write_variants(exported, str(tmp_path), 3)
    with pytest.raises(graph.OpaqueGraphError, match="holds the variable"):
        FusedModels(models)

    with caplog.at_level(logging.WARNING):
        predictor = LoadedModels(models)

    assert [
        record.getMessage()
        for record in caplog.records
        if "holds the variable" in record.getMessage()
    ] != []
    predictions = predictor.predict(batch)
    for model, outputs in zip(models, predictions, strict=True):
        assert_same(outputs, predict_v1(model, str(tmp_path), batch, "serving_default"))
    assert not np.array_equal(predictions[0]["y"], predictions[1]["y"])


@pytest.mark.parametrize("name", ["vocabulary_asset", "several_outputs", "checkpointed_table"])
def test_separate_models_predict_as_tensorflows_loader(name: str, tmp_path: pathlib.Path) -> None:
    exported = str(tmp_path / "exported")
    batch = tf1_graphs.export(tf1_graphs.GRAPHS[name], exported)
    models = write_variants(exported, str(tmp_path), 2)
    for model, outputs in zip(models, SeparateModels(models).predict(batch), strict=True):
        assert_same(outputs, predict_v1(model, str(tmp_path), batch, "serving_default"))


def test_batches_of_any_size_from_several_threads_give_the_same(tmp_path: pathlib.Path) -> None:
    exported = str(tmp_path / "exported")
    tf1_graphs.export(tf1_graphs.several_outputs, exported)
    models = pickle.loads(pickle.dumps(write_variants(exported, str(tmp_path), 2)))
    predictor = LoadedModels(models)
    assert weakref.ref(predictor)() is predictor
    x = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    whole = predictor.predict({"x": x})

    sizes = [0, 1, 2, 5, 13, 43]
    ends = np.cumsum(sizes)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        pieces = list(
            pool.map(
                predictor.predict, [{"x": x[e - s : e]} for s, e in zip(sizes, ends, strict=True)]
            )
        )

    for index, outputs in enumerate(whole):
        for name, value in outputs.items():
            joined = np.concatenate([piece[index][name] for piece in pieces])
            if value.dtype.kind == "f":
                np.testing.assert_allclose(joined, value, rtol=1e-5, atol=1e-6)
            else:
                np.testing.assert_array_equal(joined, value)
