"""Tells the step of a checkpoint from its name."""

import itertools
import re
from collections.abc import Callable, Collection, Mapping, Sequence

from checkpoint_sweep.common.text import some

# As TensorFlow's savers and most callbacks name them: cp-0007.ckpt, weights.07.
_LAST = re.compile(r"(?:^|[-_]|(?<!\d)\.)(\d+)(?:\.ckpt)?$")
_WORD = re.compile(r"(?:^|(?<=[-_.]))(\d+)(?=[-_.]|$)")
# A loss or another metric, which is not a step: 0.53, -0.53, 5e-05, nan.
_FRACTION = re.compile(
    r"(?:(?<=[-_=])-)?\d+\.\d+(?:e[-+]?\d+)?|\d+e[-+]\d+|(?<=[-_=.])-?(?:nan|inf)(?=[-_.]|$)"
)
_CHAIN = re.compile(r"\d+(?:\.\d+)+")
_NAMED = 4


class AmbiguousNamesError(Exception):
    """It cannot be told which number is the step; the message says what was found."""


def find_steps(
    names: Sequence[str],
    order: Callable[[], Mapping[str, float]] = dict,
    counters: Callable[[str], Collection[int]] = lambda name: (),
) -> dict[str, int]:
    """Finds the step of each name of one series.

    The names of a series differ in their numbers only. The step is the number that is another in
    each of them. Where further numbers do not grow with it, such as another one or a day, it is the
    one that the checkpoints count, and else the one that grows with time.

    Args:
        names: Names of checkpoints.
        order: Function that lists when each was written.
        counters: Function that lists what a checkpoint counts: `global_step`, `save_counter`.

    Returns:
        Steps by name; names without a number that may be a step are omitted.

    Raises:
        AmbiguousNamesError: There are several series, or several numbers may be the step.
    """
    if len(names) == 1:
        return _single(names[0])
    series: dict[tuple[str, ...], dict[str, list[int]]] = {}
    for name in names:
        literals, numbers = _split(name)
        if numbers:
            series.setdefault(literals, {})[name] = numbers
    if len(series) > 1:
        patterns = ["*".join(literals) for literals in sorted(series)]
        raise AmbiguousNamesError(
            f"{len(patterns)} series of checkpoints: {some(patterns, _NAMED)}"
        )
    found = next(iter(series.values()), {})
    if len(found) < 2:
        return _single(next(iter(found))) if found else {}
    return _of_series(found, order, counters)


def steps_by_pattern(names: Sequence[str], pattern: str) -> dict[str, int]:
    """Finds the step of each name by a regular expression; names that it does not fit have none.

    Args:
        names: Names of checkpoints.
        pattern: Regular expression; its groups one after the other, or all of it, are the step.

    Raises:
        AmbiguousNamesError: It is none, or finds something that is no whole number.
    """
    try:
        matches = {name: match for name in names if (match := re.search(pattern, name))}
    except re.error as error:
        raise AmbiguousNamesError(f"{pattern!r} is not a regular expression: {error}") from error
    texts = {
        name: "".join(group for group in match.groups() or (match.group(),) if group)
        for name, match in matches.items()
    }
    for name, text in texts.items():
        if not text.isdecimal():
            raise AmbiguousNamesError(
                f"{pattern!r} finds {text!r} in {name!r}, which is not a step"
            )
    return {name: int(text) for name, text in texts.items()}


def _single(name: str) -> dict[str, int]:
    """Finds the step of a checkpoint that is alone, where it is clear."""
    if match := _LAST.search(name):
        return {name: int(match.group(1))}
    plain = _CHAIN.sub(_mask_chain, name)
    words = _WORD.findall(_FRACTION.sub("", plain))
    return {name: int(words[0])} if len(words) == 1 else {}


def _of_series(
    numbers: Mapping[str, Sequence[int]],
    order: Callable[[], Mapping[str, float]],
    counters: Callable[[str], Collection[int]],
) -> dict[str, int]:
    columns: list[Sequence[int]] = list(zip(*numbers.values(), strict=True))
    distinct = [column for column in columns if len(set(column)) == len(column)]
    if len(columns) == 1 or not distinct:
        # Two of one step, which is said where the files are known.
        return dict(zip(numbers, columns[-1], strict=True))
    rows = [row for _, row in sorted(zip(distinct[-1], numbers.values(), strict=True))]
    if any(a > b for pair in itertools.pairwise(rows) for a, b in zip(*pair, strict=True)):
        distinct = _counted(numbers, distinct, counters) or _growing(numbers, distinct, order)
    if not distinct:
        raise AmbiguousNamesError(
            f"several numbers in the names of the checkpoints: {some(sorted(numbers), _NAMED)}"
        )
    return dict(zip(numbers, distinct[-1], strict=True))


def _counted(
    names: Collection[str],
    columns: Sequence[Sequence[int]],
    counters: Callable[[str], Collection[int]],
) -> list[Sequence[int]]:
    counted = [counters(name) for name in names]
    return [
        column
        for column in columns
        if all(step in counts for step, counts in zip(column, counted, strict=True))
    ]


def _growing(
    names: Collection[str],
    columns: Sequence[Sequence[int]],
    order: Callable[[], Mapping[str, float]],
) -> list[Sequence[int]]:
    """Finds the one number that grows with time; none where several do, or time does not tell."""
    times = order()
    if len({times.get(name) for name in names}) < len(names):
        return []
    by_time = sorted(range(len(names)), key=[times[name] for name in names].__getitem__)
    growing = [
        column
        for column in columns
        if all(column[a] < column[b] for a, b in itertools.pairwise(by_time))
    ]
    return growing if len({tuple(column) for column in growing}) == 1 else []


def _split(name: str) -> tuple[tuple[str, ...], list[int]]:
    """Splits a name into the texts between its whole numbers, and these."""
    parts = re.split(r"(\d+)", _FRACTION.sub("~", _CHAIN.sub(_mask_chain, name)))
    return tuple(part.replace("~", "*") for part in parts[::2]), [int(n) for n in parts[1::2]]


def _mask_chain(match: re.Match[str]) -> str:
    """Reads 07.0.53 as a number and a fraction."""
    first, *rest = match.group().split(".")
    return f"{first}_{'.'.join(rest)}" if len(rest) == 2 else match.group()
