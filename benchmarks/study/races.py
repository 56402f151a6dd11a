"""What racing saves, and what it costs: all candidates against those that are left in a race."""

import dataclasses

import numpy as np
import numpy.typing as npt

from benchmarks.study import scenarios, simulated_runs
from benchmarks.study.fold_metrics import Sample
from benchmarks.study.scenarios import Scenario
from checkpoint_sweep.evaluation.fused.racing.shares import SHARES, STAGES
from checkpoint_sweep.selection.criteria import Direction
from checkpoint_sweep.selection.racing import Racing, out


@dataclasses.dataclass(frozen=True)
class Races:
    """Of many samples.

    Attributes:
        scenario: How good the checkpoints are.
        examples: Number of examples of each sample.
        saved: Mean share of the predictions that was not made.
        regret: How much worse the chosen truly is than the truly best, on average, relative to the
            metric of the best.
        regret_of_all: Regret of a choice among all candidates on all examples.
        kept: Share of the samples in which the best value of all candidates was left at the end.
    """

    scenario: Scenario
    examples: int
    saved: float
    regret: float
    regret_of_all: float
    kept: float


def simulate(scenario: Scenario, examples: int, replications: int, seed: int) -> Races:
    """Races on samples of a scenario, by the library's own rule and stages.

    Args:
        scenario: Scenario with qualities in standard errors of a difference on
            `scenarios.EXAMPLES`.
        examples: Number of examples of each sample.
        replications: Number of samples.
        seed: Seed of the samples.
    """
    unit = scenarios.units(scenario.metric, scenario.correlation)
    simulated_run = scenarios.simulated_run(scenario, unit)
    direction = simulated_runs.direction(scenario.metric)
    loss = direction.loss(1.0) * simulated_run.truth(scenario.metric)
    rng = np.random.default_rng(seed)
    saved, regrets, of_all, kept = [], [], [], []
    for _ in range(replications):
        sample = simulated_run.draw(rng, examples)
        share = rng.integers(0, SHARES, examples)
        left, made = _race(sample, share, scenario.metric, direction)
        values = direction.loss(1.0) * simulated_runs.METRICS[scenario.metric](sample).value
        best = int(values.argmin())
        chosen = min(left, key=lambda model: values[model])
        saved.append(1 - made / (values.size * examples))
        regrets.append(loss[chosen] - loss.min())
        of_all.append(loss[best] - loss.min())
        kept.append(best in left)
    size = float(np.abs(loss[loss.argmin()]))
    return Races(
        scenario,
        examples,
        float(np.mean(saved)),
        float(np.mean(regrets)) / size,
        float(np.mean(of_all)) / size,
        float(np.mean(kept)),
    )


def _race(
    sample: Sample, share: npt.NDArray[np.int64], metric: str, direction: Direction
) -> tuple[list[int], int]:
    """Races candidates on a sample; returns who is left, and how many predictions were made."""
    alive = list(range(sample.output.shape[0]))
    made = 0
    for number, stage in enumerate(STAGES):
        made += len(alive) * int(np.isin(share, stage).sum())
        if number == len(STAGES) - 1:
            break
        seen = share < stage.stop
        so_far = Sample(
            sample.label[seen],
            sample.output[alive][:, seen],
            np.bincount(sample.fold[seen], minlength=sample.sizes.size),
        )
        replicates = simulated_runs.METRICS[metric](so_far).replicates()
        found = {str(model): known for model, known in zip(alive, replicates, strict=True)}
        dropped = out(found, direction, Racing().level)
        alive = [model for model in alive if str(model) not in dropped]
    return alive, made


def grid() -> list[tuple[Scenario, int]]:
    """Lists scenarios with numbers of examples."""
    return [
        (Scenario(metric, shape, 20, correlation), examples)
        for metric, correlation in (("auc", 0.9), ("mean loss", 0.9))
        for shape in (scenarios.EQUAL, scenarios.RISE_AND_FALL, scenarios.OVERFIT)
        for examples in (3_000, 24_000)
    ]


def table(rows: list[Races]) -> str:
    """Formats races as a Markdown table."""
    head = (
        "metric", "checkpoints", "examples", "predictions saved", "regret", "of all on all",
        "best value left",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows:
        cells = (
            row.scenario.metric,
            row.scenario.shape,
            f"{row.examples:,}",
            f"{row.saved:.0%}",
            f"{row.regret:.3%}",
            f"{row.regret_of_all:.3%}",
            f"{row.kept:.1%}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table([simulate(scenario, examples, 200, 1) for scenario, examples in grid()]))
