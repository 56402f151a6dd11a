"""What a notebook shows of a sweep's outputs, by TFX's InteractiveContext."""

import builtins
import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx import v1 as tfx
from tfx.orchestration.experimental.interactive import (
    interactive_context,
    standard_visualizations,
    visualizations,
)
from tfx.orchestration.experimental.interactive.interactive_context import InteractiveContext
from tfx.types import standard_artifacts

from checkpoint_sweep.report.document import REPORT_HTML, VERDICTS_JSON
from checkpoint_sweep.tfx_components.sweep.component import _register_visualizations
from tests.checkpoint_sweep.report import fake_report

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a notebook: there is IPython, the context is made, then a component."""
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    InteractiveShell.instance()
    monkeypatch.setattr(visualizations.get_registry(), "visualizations", {})
    standard_visualizations.register_standard_visualizations()
    _register_visualizations()
    yield
    InteractiveShell.clear_instance()


def _shown(kind: type[types.Artifact], folder: Path, **properties: int) -> str:
    artifact = kind()
    artifact.uri = str(folder)
    for name, value in properties.items():
        artifact.set_int_custom_property(name, value)
    channel = types.Channel(type=kind)
    channel.set_artifacts([artifact])
    with capture_output() as captured:
        InteractiveContext.show(_context(), channel)
    return "".join(output.data["text/html"] for output in captured.outputs)


def _context() -> Any:
    """`show` needs nothing of the context."""
    return InteractiveContext.__new__(InteractiveContext)


def test_an_evaluation_is_shown_by_its_report(tmp_path: Path) -> None:
    (tmp_path / REPORT_HTML).write_text(f'<p title="x">{HOSTILE}</p>')
    (tmp_path / "metrics.csv").write_text("candidate\n")  # TFMA takes it for its own file.
    shown = _shown(standard_artifacts.ModelEvaluation, tmp_path)
    assert 'sandbox="allow-scripts"' in shown
    assert "<div><iframe " in shown  # IPython warns of an iframe alone.
    assert 'srcdoc="&lt;p title=&quot;x&quot;&gt;&lt;script&gt;' in shown


def test_an_evaluation_without_report_is_shown_as_by_tfx(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(
        standard_visualizations.ModelEvaluationVisualization,
        "display",
        lambda self, artifact: seen.append(artifact.uri),
    )
    _shown(standard_artifacts.ModelEvaluation, tmp_path)
    assert seen == [str(tmp_path)]


def test_a_blessing_is_shown_by_its_verdicts(tmp_path: Path) -> None:
    made = fake_report.with_verdicts(fake_report.report(checkpoints=2), lambda _: {})
    assert made.decision is not None
    content = made.decision.to_dict() | {"reason": HOSTILE}
    (tmp_path / VERDICTS_JSON).write_text(json.dumps(content))
    shown = _shown(standard_artifacts.ModelBlessing, tmp_path)
    assert "<b>BLESSED</b>" in shown
    assert HOSTILE not in shown
    assert shown.count("<tr>") == 3


@pytest.mark.parametrize(("blessed", "word"), [(1, "BLESSED"), (0, "NOT BLESSED")])
def test_another_blessing_says_whether_it_blesses(tmp_path: Path, blessed: int, word: str) -> None:
    shown = _shown(standard_artifacts.ModelBlessing, tmp_path, blessed=blessed)
    assert f"<b>{word}</b>" in shown


def test_the_example_of_the_documents_shows_the_outputs_of_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[tuple[str, str]] = []

    class Recording:
        def __init__(self, pipeline_root: str) -> None:
            calls.append(("root", pipeline_root))

        def run(self, component: Any) -> None:
            calls.append(("run", type(component).__name__))

        def show(self, channel: Any) -> None:
            calls.append(("show", channel.type_name))

    monkeypatch.setattr(interactive_context, "InteractiveContext", Recording)
    file = Path(__file__).parents[3] / "examples" / "notebooks" / "interactive_context.py"
    examples = tfx.components.CsvExampleGen(input_base="data")
    trainer = tfx.components.Trainer(
        run_fn="my_model.run_fn",
        examples=examples.outputs["examples"],
        train_args=tfx.proto.TrainArgs(num_steps=400),
        eval_args=tfx.proto.EvalArgs(),
    )
    config = config_pb2.EvalConfig()
    runpy.run_path(str(file))["show"](examples, trainer, config, "root")
    assert calls == [
        ("root", "root"),
        ("run", "CsvExampleGen"),
        ("run", "Trainer"),
        ("run", "CheckpointSweep"),
        ("show", "ModelEvaluation"),
        ("show", "ModelBlessing"),
    ]
