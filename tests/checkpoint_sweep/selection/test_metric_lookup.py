import pytest
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.selection.across import Across
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.metric_lookup import check_slice, complete_name, resolve_direction
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.set_policies import SecondaryMetric

HIGHER, LOWER = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER


def _config(metrics: str) -> config_pb2.EvalConfig:
    config = text_format.Parse(
        f'model_specs {{ label_key: "y" example_weight_key: "w" }} metrics_specs {{ {metrics} }}',
        config_pb2.EvalConfig(),
    )
    return tfma.utils.update_eval_config_with_defaults(config, has_baseline=True, rubber_stamp=True)


PLAIN = 'metrics { class_name: "AUC" } metrics { class_name: "MeanAbsoluteError" }'
DECLARED = """metrics {
  class_name: "MeanAbsoluteError"
  threshold { change_threshold { direction: LOWER_IS_BETTER absolute { value: 1 } } }
}"""
ON_SLICE = """metrics {
  class_name: "AUC"
  per_slice_thresholds {
    slicing_specs { feature_keys: "hour" }
    threshold { change_threshold { direction: HIGHER_IS_BETTER absolute { value: -1 } } }
  }
}"""
BOTH = "example_weights { weighted: true unweighted: true }"
NAMED = """metrics {
  class_name: "MeanSquaredError"
  config: '"name": "named"'
  threshold { value_threshold { upper_bound { value: 1 } } }
}"""
ONE_OF_EACH = (
    'metrics { class_name: "AUC" } example_weights { weighted: true } } metrics_specs { '
    'metrics { class_name: "AUC" config: \'"name": "plain_auc"\' } '
    "example_weights { unweighted: true }"
)
BY_CLASS = 'metrics { class_name: "AUC" } binarize { class_ids { values: [0, 1] } }'


@pytest.mark.parametrize(
    ("metrics", "selection", "expected"),
    [
        pytest.param(PLAIN, Selection("auc", direction=HIGHER), HIGHER, id="said"),
        pytest.param(DECLARED, Selection("mean_absolute_error"), LOWER, id="declared"),
        pytest.param(ON_SLICE, Selection("auc"), HIGHER, id="declared on a slice"),
        pytest.param(
            DECLARED, Selection("mean_absolute_error", direction=LOWER), LOWER, id="both agree"
        ),
        pytest.param(ONE_OF_EACH, Selection("auc", direction=HIGHER), HIGHER, id="weighted"),
        pytest.param(
            ONE_OF_EACH, Selection("plain_auc", direction=HIGHER), HIGHER, id="unweighted"
        ),
        pytest.param(
            f"{PLAIN} }} metrics_specs {{ {NAMED} {BOTH}",
            Selection("auc", direction=HIGHER),
            HIGHER,
            id="another is weighted and unweighted",
        ),
        pytest.param(
            BY_CLASS, Selection("auc", direction=HIGHER, sub_key="classId:1"), HIGHER, id="class"
        ),
        pytest.param(
            f"{PLAIN} {BOTH}",
            Selection("auc", direction=HIGHER, weighted=True),
            HIGHER,
            id="one of both weightings",
        ),
        pytest.param(
            f"{PLAIN} }} metrics_specs {{ {NAMED} {BOTH}",
            Selection("auc", direction=HIGHER, policy=SecondaryMetric("named/unweighted", LOWER)),
            HIGHER,
            id="one of both weightings decides between the best",
        ),
    ],
)
def test_the_direction_is_that_of_selection_or_thresholds(
    metrics: str, selection: Selection, expected: Direction
) -> None:
    assert resolve_direction(selection, _config(metrics)) is expected


TOP_K = 'metrics { class_name: "Recall" } binarize { top_k_list { values: [2, 3] } }'
MACRO = (
    BY_CLASS
    + """ aggregate {
  macro_average: true
  class_weights { key: 0 value: 1 }
  class_weights { key: 1 value: 1 }
}"""
)


@pytest.mark.parametrize(
    ("metrics", "named", "expected"),
    [
        (PLAIN, "auc", ("", "", "auc", "")),
        (BY_CLASS, "classId:1/auc", ("", "classId:1", "auc", "")),
        (BY_CLASS, "auc/classId:1", ("", "classId:1", "auc", "")),
        (BY_CLASS, "auc", ("", "", "auc", "")),  # Either: said by `resolve_direction`.
        (TOP_K, "topK:3/recall", ("", "topK:3", "recall", "")),
        (MACRO, "macro/auc", ("", "macro", "auc", "")),
        (MACRO, "auc/macro", ("", "macro", "auc", "")),
        (f'output_names: "up" {TOP_K}', "recall/up/topK:3", ("up", "topK:3", "recall", "")),
        (f'output_names: "up" {PLAIN}', "auc/up", ("up", "", "auc", "")),
        (f"{BY_CLASS} {BOTH}", "weighted/classId:1/auc", ("", "classId:1", "auc", "weighted")),
        (f'output_names: "up" {PLAIN}', "up/auc", ("up", "", "auc", "")),
        (f'output_names: "up" {PLAIN}', "auc", ("up", "", "auc", "")),
        (PLAIN, "accuracy", ("", "", "accuracy", "")),
        (f"{PLAIN} {BOTH}", "auc/weighted", ("", "", "auc", "weighted")),
        (f"{PLAIN} {BOTH}", "auc/unweighted", ("", "", "auc", "unweighted")),
        (f"{BY_CLASS} {BOTH}", "auc/classId:1/weighted", ("", "classId:1", "auc", "weighted")),
        (f"{PLAIN} {BOTH}", "auc", ("", "", "auc", "")),  # Either, too.
    ],
)
def test_a_metric_is_named_as_messages_name_it(
    metrics: str, named: str, expected: tuple[str, str, str, str]
) -> None:
    assert complete_name(Selection(named), _config(metrics)).metric_name == expected


@pytest.mark.parametrize(
    ("metrics", "named", "expected"),
    [(MACRO, "macro/auc", "auc/macro"), (f'output_names: "up" {PLAIN}', "auc", "up/auc")],
)
def test_so_is_the_metric_that_decides_between_the_best(
    metrics: str, named: str, expected: str
) -> None:
    selection = Selection("auc", policy=SecondaryMetric(named, HIGHER))
    assert complete_name(selection, _config(metrics)).policy == SecondaryMetric(expected, HIGHER)


@pytest.mark.parametrize(
    ("metrics", "named", "closest"),
    [
        (PLAIN, "AUC", "auc"),
        (PLAIN, "mean_absolute_eror", "mean_absolute_error"),
        (TOP_K, "recall@3", "recall/topK:3"),
        (MACRO, "macro_average/auc", "auc/macro"),
        (f'output_names: "up" {PLAIN}', "up/AUC", "up/auc"),
    ],
)
def test_of_an_unknown_metric_the_closest_is_named(metrics: str, named: str, closest: str) -> None:
    with pytest.raises(SelectionError, match=f"; the closest is '{closest}'[.] Name one"):
        resolve_direction(Selection(named, direction=HIGHER), _config(metrics))


@pytest.mark.parametrize(
    ("metrics", "weighted", "expected"),
    [
        (f"{PLAIN} {BOTH}", True, "auc/weighted"),
        (f"{PLAIN} {BOTH}", False, "auc/unweighted"),
        (f"{PLAIN} example_weights {{ weighted: true }}", True, "auc"),
        (f"{MACRO} {BOTH}", True, "auc/weighted"),
    ],
)
def test_a_weighting_is_named_where_both_are_computed(
    metrics: str, weighted: bool, expected: str
) -> None:
    found = complete_name(Selection("auc", weighted=weighted), _config(metrics))
    assert str(found.metric_name) == expected


@pytest.mark.parametrize(
    ("metrics", "selection", "message"),
    [
        pytest.param(
            PLAIN,
            Selection("accuracy", direction=HIGHER),
            r"does not compute 'accuracy'.* It computes: auc, mean_absolute_error\.",
            id="unknown metric lists those there are",
        ),
        pytest.param(
            BY_CLASS,
            Selection("auc", direction=HIGHER),
            "It computes: auc/classId:0, auc/classId:1[.]",
            id="sub keys are listed",
        ),
        pytest.param(
            PLAIN, Selection("auc"), "No direction is declared for 'auc'", id="undeclared"
        ),
        pytest.param(
            DECLARED,
            Selection("mean_absolute_error", direction=HIGHER),
            "says HIGHER_IS_BETTER .* change threshold says LOWER_IS_BETTER",
            id="contradiction",
        ),
        pytest.param(
            f"{PLAIN} {BOTH}",
            Selection("auc", direction=HIGHER),
            "'auc' stands for two values.* Name one of them: 'auc/weighted' or 'auc/unweighted'",
            id="weighted and unweighted",
        ),
        pytest.param(
            f"{PLAIN} }} metrics_specs {{ {NAMED} {BOTH}",
            Selection(
                "auc", direction=HIGHER, policy=SecondaryMetric("named", Direction.LOWER_IS_BETTER)
            ),
            "'named' stands for two values",
            id="so is what decides between the best",
        ),
        pytest.param(
            PLAIN,
            Selection("auc", direction=HIGHER, policy=SecondaryMetric("mae", LOWER)),
            "does not compute 'mae'.* It computes: auc, mean_absolute_error",
            id="another that decides between the best is unknown",
        ),
        pytest.param(
            f"{PLAIN} example_weights {{ unweighted: true }}",
            Selection("auc", direction=HIGHER, weighted=True),
            "does not compute 'auc' weighted",
            id="another weighting than is computed",
        ),
    ],
)
def test_an_unknown_metric_or_direction_is_refused(
    metrics: str, selection: Selection, message: str
) -> None:
    with pytest.raises(SelectionError, match=message):
        resolve_direction(selection, _config(metrics))


def test_the_metrics_of_a_formula_get_their_whole_names() -> None:
    config = _config(f"{PLAIN} {BOTH}")
    found = complete_name(Selection("2 * auc/2 - 'weighted/auc'"), config)
    assert found.metric == "2 * auc/2 - 'auc/weighted'"  # The bare name stands for two values.
    given = Selection("auc * 'weighted/auc'", across=Across(("hour",), weights="plain_auc"))
    whole = complete_name(given, _config(f"{ONE_OF_EACH} }} metrics_specs {{ {NAMED}"))
    assert (whole.metric, whole.across) == ("auc * 'weighted/auc'", given.across)
    by_class = complete_name(Selection("1 - 'classId:1/auc'"), _config(BY_CLASS))
    assert by_class.metric == "1 - 'auc/classId:1'"


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (
            Selection("auc - mean_absolute_error"),
            r"No direction is declared for 'auc - mean_absolute_error'\. Pass .* or "
            r"LOWER_IS_BETTER\.$",
        ),
        (Selection("auc - acu", direction=HIGHER), "does not compute 'acu'"),
        (Selection("auc ** 2", direction=HIGHER), "A formula has numbers, names of metrics"),
        (
            Selection("auc", direction=HIGHER, across=Across(("hour",), weights="count")),
            "does not compute 'count'",
        ),
    ],
)
def test_a_formula_that_cannot_be_followed_is_refused(selection: Selection, message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        resolve_direction(selection, _config(DECLARED + ' metrics { class_name: "AUC" }'))


def test_the_slices_of_a_choice_must_be_made() -> None:
    config = _config(PLAIN)
    config.slicing_specs.add().feature_keys.append("hour")
    config.slicing_specs.add().feature_values["day"] = "Mon"
    for across in (
        Across(("hour",)),
        Across(("day",)),
        Across(slices=({"hour": 3}, {"day": "Mon"})),
    ):
        check_slice(Selection("auc", across=across), config)
    for across in (Across(("hour", "day")), Across(slices=({"hour": 3}, {"day": "Tue"}))):
        with pytest.raises(SelectionError, match="has no slice for auc, mean over"):
            check_slice(Selection("auc", across=across), config)
