"""Every refusal of the sweep, with the message that docs/errors.md states for it.

Each is raised by the executor on the artifacts of a run, as a pipeline would meet it, beside the
outputs of an earlier execution.
"""

import re
from pathlib import Path

import pytest

from checkpoint_sweep.common.errors import UserError
from tests.checkpoint_sweep.tfx_components.sweep import (
    refused_configs,
    refused_eval_graphs,
    refused_examples,
    refused_runs,
)
from tests.checkpoint_sweep.tfx_components.sweep.cases import (
    REFUSALS,
    Case,
    content,
)
from tests.support.errors_document import documented, pattern

# They register the kinds when they are imported.
KINDS = (refused_runs, refused_eval_graphs, refused_examples, refused_configs)
# These fail on data or settings that only TFMA sees, and stock TFMA says so in the same words.
_BY_STOCK_TFMA = (
    "a label or an example weight is missing in some examples (during the evaluation)",
    "or NaN or infinite",
    "a weight is NaN",
    "the label is text (during the evaluation)",
)

SECTION = "What it refuses"


def test_the_documented_table_has_every_refusal_and_no_other() -> None:
    assert set(documented(SECTION)) == {when for when, kind in REFUSALS.items() if kind.row == when}
    assert len(documented(SECTION)) >= 60


def _refused(when: str, case: Case, node: Path) -> None:
    earlier = content(node)
    kind = REFUSALS[when]
    kind.trigger(case)
    with pytest.raises(UserError) as caught:
        case.run()
    message = str(caught.value)
    assert re.fullmatch(pattern(documented(SECTION)[kind.row]), message), message
    assert len(message) <= 1000
    assert content(node) == earlier
    assert not [path for path in content(node, case.execution) if "evaluation" not in path]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", REFUSALS)
def test_a_refusal_has_the_documented_message(when: str, case: Case, node: Path) -> None:
    _refused(when, case, node)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("when", _BY_STOCK_TFMA)
def test_stock_tfma_refuses_with_the_same_message(when: str, case: Case, node: Path) -> None:
    case.parameters.update(engine="tfma", first_step=3)
    _refused(when, case, node)
