"""What makes a trained or transformed result stale: the code behind it, and no other."""

import re
import shutil
from pathlib import Path

import pytest

from checkpoint_sweep.common.source_fingerprint import fingerprint, import_closure
from pipeline.problems import registry
from pipeline.problems.problem import repository

ESTIMATOR = {"estimator_inputs", "estimator_training"}
WIDE_AND_DEEP = {"taxi.features", "taxi.wide_and_deep", *ESTIMATOR}
FARES = {f"fares.{name}" for name in ("features", "metrics", "model", "training")}
DIGITS = {
    f"digits.{name}"
    for name in ("averages", "features", "model", "network", "slim_batch_norm", "training")
}
KERAS = {f"resnet_keras.{name}" for name in ("model", "serving", "training")}
TRAINS = {
    "taxi": {"taxi.model", "taxi.training", *WIDE_AND_DEEP},
    "fares": WIDE_AND_DEEP | FARES,
    "digits": DIGITS | ESTIMATOR,
    "digits_resnet": DIGITS | ESTIMATOR,
    "resnet_keras": {"digits.features", *KERAS},
}
TRANSFORMS = {
    "taxi": {"taxi.features", "taxi.columns", "taxi.preprocessing"},
    "fares": {"taxi.features", "taxi.columns", "fares.features", "fares.preprocessing"},
}


def _module(function: str) -> str:
    return function.rpartition(".")[0]


def _closure(function: str) -> set[str]:
    """Names below `pipeline.problems` of the modules behind a function, packages left out."""
    found = import_closure([_module(function)])
    modules = {name for name, path in found.items() if path.name != "__init__.py"}
    return {name.removeprefix("pipeline.problems.") for name in modules}


@pytest.mark.parametrize("name", registry.definitions())
def test_a_trainers_fingerprint_covers_exactly_the_code_that_trains(name: str) -> None:
    assert _closure(registry.get(name).run_fn) == TRAINS[name]


@pytest.mark.parametrize("name", registry.definitions())
def test_a_transforms_fingerprint_covers_exactly_the_code_that_transforms(name: str) -> None:
    function = registry.get(name).preprocessing_fn
    assert (_closure(function) if function else None) == TRANSFORMS.get(name)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application under another name, to edit."""
    folder = tmp_path_factory.mktemp("path") / "copied_pipeline"
    shutil.copytree(repository() / "pipeline", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in folder.rglob("*.py"):
        file.write_text(
            re.sub(r"\b(from|import) pipeline\b", r"\1 copied_pipeline", file.read_text())
        )
    return folder


@pytest.mark.parametrize(
    ("edited", "changes"),
    [
        pytest.param("problems/taxi/training.py", True, id="itself"),
        pytest.param("problems/taxi/model.py", True, id="imported"),
        pytest.param("problems/taxi/wide_and_deep.py", True, id="imported by what is imported"),
        pytest.param("problems/estimator_inputs.py", True, id="shared by problems"),
        pytest.param("problems/taxi/evaluation.py", False, id="how it is evaluated"),
        pytest.param("problems/taxi/preprocessing.py", False, id="how it is transformed"),
        pytest.param("problems/taxi/problem.py", False, id="how it is defined"),
        pytest.param("problems/registry.py", False, id="which problems there are"),
        pytest.param("reporting/summary.py", False, id="how it is reported"),
        pytest.param("kubeflow/compile/compiler.py", False, id="how it gets onto a cluster"),
        pytest.param("dag.py", False, id="what is around it"),
    ],
)
def test_an_edit_changes_the_fingerprint_only_of_code_that_it_can_change(
    edited: str, changes: bool, copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(copied.parent)
    module = "copied_pipeline.problems.taxi.training"
    before = fingerprint([module])
    with (copied / edited).open("a") as file:
        file.write("\nEDITED = True\n")
    assert (fingerprint([module]) != before) is changes
