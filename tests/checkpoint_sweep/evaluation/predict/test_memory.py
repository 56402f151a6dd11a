"""Groups are as few as fit, keep the order, and lose nobody."""

import logging
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkpoint_sweep.evaluation.predict import memory
from checkpoint_sweep.saved_model.model_source import ModelSource
from tests.checkpoint_sweep.evaluation.predict import oracle, tf1_graphs


@pytest.mark.parametrize(
    ("sizes", "budget", "groups"),
    [
        ([], 10, []),
        ([4, 4, 4], 12, [[0, 1, 2]]),
        ([4, 4, 4], 11, [[0, 1], [2]]),
        ([4, 4, 4], 4, [[0], [1], [2]]),
        ([4, 40, 4], 10, [[0], [1], [2]]),
        ([0, 0, 0], 0, [[0, 1, 2]]),
    ],
)
def test_sizes_are_split_into_few_runs_that_fit_the_budget(
    sizes: list[int], budget: int, groups: list[list[int]]
) -> None:
    assert memory.split(sizes, budget) == groups


@given(st.lists(st.integers(0, 50)), st.integers(0, 100))
def test_every_group_fits_or_is_one_model(sizes: list[int], budget: int) -> None:
    groups = memory.split(sizes, budget)
    assert [index for group in groups for index in group] == list(range(len(sizes)))
    assert all(len(group) == 1 or sum(sizes[i] for i in group) <= budget for group in groups)


def test_only_restored_weights_count(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    exported = str(tmp_path / "exported")
    tf1_graphs.export(tf1_graphs.reference_variables, exported)
    models = oracle.write_variants(exported, str(tmp_path), 3)
    assert memory.weight_bytes(models[0]) == 4 * (3 * 2 + 2)

    with caplog.at_level(logging.INFO):
        groups = memory.plan_groups(models, budget=64)

    assert [[model.name for model in group] for group in groups] == [
        ["variant-0", "variant-1"],
        ["variant-2"],
    ]
    assert len([r for r in caplog.records if "in 2 passes" in r.getMessage()]) == 1


def test_default_budget_holds_a_small_model(tmp_path: pathlib.Path) -> None:
    exported = str(tmp_path / "exported")
    tf1_graphs.export(tf1_graphs.reference_variables, exported)
    model = ModelSource.from_saved_model("one", exported)
    assert memory.plan_groups([model, model]) == [[model, model]]


@pytest.mark.parametrize(
    ("files", "budget"),
    [
        pytest.param(
            {"/proc/meminfo": "MemFree: 1 kB\nMemAvailable: 4096 kB\n"}, 2 << 20, id="free"
        ),
        pytest.param(
            {
                "/proc/meminfo": "MemAvailable: 4096 kB\n",
                "/sys/fs/cgroup/memory.max": "3145728",
                "/sys/fs/cgroup/memory.current": "1048576",
            },
            1 << 20,
            id="a container",
        ),
        pytest.param(
            {
                "/proc/meminfo": "MemAvailable: 4096 kB\n",
                "/sys/fs/cgroup/memory.max": "max\n",
                "/sys/fs/cgroup/memory.current": "1048576",
            },
            2 << 20,
            id="a container without a limit",
        ),
        pytest.param(
            {
                "/proc/meminfo": "MemAvailable: 4096 kB\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1048576",
                "/sys/fs/cgroup/memory/memory.usage_in_bytes": "2097152",
            },
            0,
            id="a container that is full",
        ),
    ],
)
def test_the_default_budget_is_half_of_what_is_available(
    files: dict[str, str], budget: int, tmp_path: pathlib.Path
) -> None:
    for name, text in files.items():
        path = tmp_path / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert memory.default_memory_budget(str(tmp_path)) == budget


def test_models_that_are_always_loaded_count(tmp_path: pathlib.Path) -> None:
    exported = str(tmp_path / "exported")
    tf1_graphs.export(tf1_graphs.reference_variables, exported)
    models = oracle.write_variants(exported, str(tmp_path), 3)  # 32 bytes each
    groups = memory.plan_groups(models, budget=64, always=models[:1])
    assert [len(group) for group in groups] == [1, 1, 1]
