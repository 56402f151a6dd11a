"""The metrics that an evaluation config computes, and the directions that it declares."""

import dataclasses
import difflib
from collections.abc import Collection, Iterable, Mapping, Set

from tensorflow_model_analysis.metrics import metric_specs, metric_types
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.common.eval_config import thresholds_of
from checkpoint_sweep.common.names import MetricName, weighting
from checkpoint_sweep.common.wording import Words
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.formula import GRAMMAR, looks_like_a_formula, parse
from checkpoint_sweep.selection.policies import SelectionError
from checkpoint_sweep.selection.selection import Selection
from checkpoint_sweep.selection.set_policies import SecondaryMetric


def complete_name(
    selection: Selection, eval_config: config_pb2.EvalConfig, others: Collection[MetricName] = ()
) -> Selection:
    """Finds output, sub key and weighting where the metric names them, or only one has the metric.

    A metric is named as messages and reports do: `price/mean_absolute_error`, `recall/topK:3`,
    `auc/macro`, `auc/weighted`; its parts may be in another order. The same goes for the metric of
    a `SecondaryMetric`, the metrics of a formula, and the one that weighs slices.

    Args:
        selection: Metric to choose by.
        eval_config: Evaluation config with TFMA's defaults.
        others: Names of metrics that are computed beside those of the config.

    Returns:
        The selection with `output_name`, `sub_key`, and `weighted` where the config computes both;
        as it is if that does not tell.
    """
    keys = computed_metrics(eval_config)
    both = weighted_both_ways(keys)
    names = {*(metric_name(key, both) for key in keys), *others}
    if isinstance(selection.policy, SecondaryMetric):
        policy = dataclasses.replace(
            selection.policy, metric=_complete(selection.policy.metric, names)
        )
        selection = dataclasses.replace(selection, policy=policy)
    if selection.across and isinstance(selection.across.weights, str):
        by = _complete(selection.across.weights, names)
        across = dataclasses.replace(selection.across, weights=by)
        selection = dataclasses.replace(selection, across=across)
    if formula := parse(selection.metric):
        whole = formula.renamed({name: _complete(name, names) for name in formula.names})
        return dataclasses.replace(selection, metric=whole.text)
    available = {
        metric_name(key, both)
        for key in keys
        if selection.weighted in (None, bool(key.example_weighted))
    }
    if selection.weighted is None:
        available.update(others)
    if selection.output_name or selection.sub_key:
        of_name = [name for name in available if name[:3] == selection.single_name[:3]]
        found = of_name[0] if len(of_name) == 1 else None
    else:
        found = _find(selection.metric, available)
    if found is None:
        return selection
    return dataclasses.replace(
        selection,
        output_name=found.output_name,
        sub_key=found.sub_key,
        metric=found.name,
        weighted=found.weighting == weighting(True) if found.weighting else None,
    )


def _complete(text: str, names: Collection[MetricName]) -> str:
    """Returns the whole name of the metric that is meant; the text where that is unknown."""
    return str(_find(text, names) or text)


def _find(text: str, names: Collection[MetricName]) -> MetricName | None:
    """Finds the one that is meant: by its whole name, its parts in any order, or its bare name."""
    parts = sorted(text.split("/"))
    spelled = {name: (str(name), str(name._replace(weighting=""))) for name in names}
    whole = [name for name, either in spelled.items() if text in either]
    same_parts = [
        n for n, either in spelled.items() if parts in [sorted(t.split("/")) for t in either]
    ]
    found = whole or same_parts or [name for name in names if name.name == text]
    return found[0] if len(found) == 1 else None


def resolve_direction(
    selection: Selection, eval_config: config_pb2.EvalConfig, others: Collection[MetricName] = ()
) -> Direction:
    """Checks that the metric will be computed, and says which of its values are better.

    Args:
        selection: Metric to choose by.
        eval_config: Evaluation config with TFMA's defaults filled in, change thresholds still in
            it.
        others: Names of metrics that are computed beside those of the config.

    Raises:
        SelectionError: The config does not compute the metric, declares no direction for it,
            or declares another than the selection does; or a name that decides stands for a
            weighted and an unweighted value.
    """
    check_computed(selection, eval_config, others)
    both = names_computed_both_ways(eval_config)
    is_formula = not selection.formula.is_one_metric
    declared = None if is_formula else _declared_direction(selection.single_name, eval_config, both)
    if selection.direction and declared and selection.direction is not declared:
        raise SelectionError(
            Words("The selection says", "--direction says"),
            f" {selection.direction.value} for {selection.metric!r}, its change threshold says "
            f"{declared.value}. Correct one of them.",
        )
    direction = selection.direction or declared
    if direction is None:
        raise SelectionError(
            f"No direction is declared for {selection.metric!r}. ",
            Words(
                f"Pass Selection({selection.metric!r}, direction=Direction.HIGHER_IS_BETTER) or "
                "LOWER_IS_BETTER",
                "Add --direction=higher or --direction=lower",
            ),
            "." if is_formula else ", or give the metric a change_threshold with a direction.",
        )
    return direction


def check_computed(
    selection: Selection, eval_config: config_pb2.EvalConfig, others: Collection[MetricName] = ()
) -> None:
    """Checks that what decides is computed; see `resolve_direction`.

    Raises:
        SelectionError: It is not, or a name stands for a weighted and an unweighted value.
    """
    both = names_computed_both_ways(eval_config)
    _check_unambiguous(selection, both)
    of_config = {metric_name(key, both) for key in computed_metrics(eval_config)}
    available = sorted({*of_config, *others})
    names = [str(name) for name in available]
    unknown, said = "", ""
    if selection.is_composite:
        unknown = next((name for name in _decisive(selection) if name not in names), "")
    elif selection.single_name not in available:
        unknown = selection.metric
        said = f" for {selection.sub_key!r}" if selection.sub_key else ""
        said += f" {weighting(selection.weighted)}" if selection.weighted is not None else ""
    elif isinstance(selection.policy, SecondaryMetric) and selection.policy.metric not in names:
        unknown = selection.policy.metric
    if not unknown:
        return
    raise SelectionError(
        f"The evaluation config does not compute {unknown!r}{said}. It computes: "
        f"{', '.join(names) or 'nothing'}{_closest(unknown, available)}. Name one of these, or add "
        f"the metric to metrics_specs.{f' {GRAMMAR}' if looks_like_a_formula(unknown) else ''}"
    )


def _decisive(selection: Selection) -> list[str]:
    """Lists the names of the metrics by which something is decided."""
    other = selection.policy
    second = [other.metric] if isinstance(other, SecondaryMetric) else []
    return [*selection.metrics, *second]


def _closest(text: str, names: Collection[MetricName]) -> str:
    """Says which name is spelled most like a text; "" if none is like it, or several have it."""
    if any(name.name == text for name in names):
        return ""
    spelled = {
        spelling.lower(): str(name)
        for name in names
        for spelling in (name.name, "/".join(filter(None, name)), str(name))
    }
    found = difflib.get_close_matches(text.lower(), sorted(spelled), 1)
    return f"; the closest is {spelled[found[0]]!r}" if found else ""


def _check_unambiguous(selection: Selection, both: Set[MetricName]) -> None:
    """Checks that no name by which something is decided stands for two values."""
    decisive = _decisive(selection)
    for name in sorted(both):
        if str(name) in decisive:
            either = " or ".join(f"'{name}/{weighting(weighted)}'" for weighted in (True, False))
            raise SelectionError(
                f"{str(name)!r} stands for two values, since metrics_specs compute it weighted and "
                f"unweighted. Name one of them: {either}."
            )


def check_slice(selection: Selection, eval_config: config_pb2.EvalConfig) -> None:
    """Checks that the config makes the slices to select on; their values only the data tell.

    Raises:
        SelectionError: No slicing spec has the features of one, or has other values for them.
    """
    for pattern in selection.patterns:
        _check_pattern(selection, dict(pattern), eval_config)


def _check_pattern(
    selection: Selection, wanted: Mapping[str, str | None], eval_config: config_pb2.EvalConfig
) -> None:
    known = []
    for slicing in eval_config.slicing_specs or [config_pb2.SlicingSpec()]:
        if slicing.slice_keys_sql:
            return
        fixed = dict(slicing.feature_values)
        if wanted.keys() == {*slicing.feature_keys, *fixed} and all(
            wanted[key] in (None, value) for key, value in fixed.items()
        ):
            return
        parts = [*slicing.feature_keys, *(f"{key}={value}" for key, value in fixed.items())]
        known.append("/".join(sorted(parts)) or "overall")
    raise SelectionError(
        f"The evaluation config has no slice for {selection}. It slices by: "
        f"{', '.join(sorted(set(known)))}. Select on one of these, or add the slice to "
        "slicing_specs."
    )


def computed_metrics(eval_config: config_pb2.EvalConfig) -> list[metric_types.MetricKey]:
    """Lists the keys of the metrics (plots and private ones aside) of the candidate model."""
    keys = []
    for computation in metric_specs.to_computations(
        eval_config.metrics_specs, eval_config=eval_config
    ):
        keys += [
            key
            for key in computation.keys
            if not isinstance(key, metric_types.PlotKey | metric_types.AttributionsKey)
            and not key.name.startswith("_")
            and not key.is_diff
        ]
    return keys


def names_computed_both_ways(eval_config: config_pb2.EvalConfig) -> Set[MetricName]:
    """Returns the names, without weighting, of metrics that a config computes both ways.

    Args:
        eval_config: Evaluation config with TFMA's defaults.
    """
    return weighted_both_ways(computed_metrics(eval_config))


def weighted_both_ways(
    keys: Iterable[metric_types.MetricKey | metric_types.PlotKey],
) -> Set[MetricName]:
    """Returns the names, without weighting, of those that are there weighted and unweighted.

    Args:
        keys: Keys of all metrics, or all plots, of an evaluation.
    """
    found: dict[MetricName, set[bool]] = {}
    for key in keys:
        found.setdefault(metric_name(key), set()).add(bool(key.example_weighted))
    return {name for name, ways in found.items() if len(ways) > 1}


def metric_name(
    key: metric_types.MetricKey | metric_types.PlotKey, both: Set[MetricName] = frozenset()
) -> MetricName:
    """Names a metric as selections do.

    Args:
        key: Key of the metric.
        both: Names, without weighting, of those that the evaluation computes both ways.
    """
    parts = [str(part) for part in (key.sub_key, key.aggregation_type) if part]
    name = MetricName(key.output_name or "", "/".join(parts), key.name)
    if name in both:
        return name._replace(weighting=weighting(bool(key.example_weighted)))
    return name


def _declared_direction(
    metric: MetricName, eval_config: config_pb2.EvalConfig, both: Set[MetricName]
) -> Direction | None:
    thresholds = thresholds_of(eval_config)
    declared = {
        Direction(config_pb2.MetricDirection.Name(threshold.direction))
        for key, entries in thresholds.items()
        if metric_name(key, both) == metric
        for _, threshold in entries
        if isinstance(threshold, config_pb2.GenericChangeThreshold) and threshold.direction
    }
    if len(declared) > 1:
        raise SelectionError(
            f"The change thresholds of {metric.name!r} declare both directions. Keep one of them."
        )
    return declared.pop() if declared else None
