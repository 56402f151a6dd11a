"""Samples of the examples, for confidence intervals."""

import dataclasses
import enum
import zlib

import numpy as np
import pyarrow as pa
from tensorflow_model_analysis.proto import config_pb2

from checkpoint_sweep.evaluation import tfma_internals
from checkpoint_sweep.evaluation.aggregate import slicing
from checkpoint_sweep.evaluation.aggregate.state import Row

FULL = -1  # As in TFMA: the sample that is all of the data.


class Method(enum.Enum):
    """Method that estimates the uncertainty of a metric."""

    NONE = "none"
    JACKKNIFE = "jackknife"
    POISSON_BOOTSTRAP = "poisson bootstrap"


@dataclasses.dataclass(frozen=True)
class Sampling:
    """The samples of an evaluation.

    Attributes:
        method: Method that needs the samples.
        number: Number of jackknife folds or bootstrap replicates, TFMA's default; 0 without.
    """

    method: Method
    number: int

    @classmethod
    def of(cls, eval_config: config_pb2.EvalConfig) -> "Sampling":
        """Reads the samples that the config's options for confidence intervals ask for."""
        params = tfma_internals.confidence_interval_params(eval_config, eval_config.metrics_specs)
        if params.num_jackknife_samples:
            return cls(Method.JACKKNIFE, params.num_jackknife_samples)
        if params.num_bootstrap_samples:
            return cls(Method.POISSON_BOOTSTRAP, params.num_bootstrap_samples)
        return cls(Method.NONE, 0)

    def samples(self, seed: int) -> list[int]:
        """Draws the samples that one unit, such as a query, belongs to, as often as it does.

        Args:
            seed: Seed of the unit, so that it always belongs to the same samples.
        """
        random = np.random.default_rng(seed)
        if self.method is Method.NONE:
            return [FULL]
        if self.method is Method.JACKKNIFE:
            return [int(random.integers(self.number))]
        times = random.poisson(1.0, size=self.number)
        return [FULL, *np.repeat(np.arange(self.number), times).tolist()]

    def rows(self, batch: pa.RecordBatch, rows: slicing.Rows) -> tuple[list[Row], slicing.Rows]:
        """Divides a batch's rows by sample.

        Examples go to one of the jackknife's folds at random; each bootstrap replicate has
        each example a Poisson(1) number of times. The random numbers depend on nothing but the
        batch, so a batch that is processed again, or for other models, gets the same.

        Args:
            batch: Batch with its serialized examples.
            rows: Rows of the batch.

        Returns:
            The divided rows, and the pairs of a row and an example that adds to it.
        """
        if self.method is Method.NONE:
            return [(FULL, keys) for keys in rows.slices], rows
        random = np.random.default_rng(zlib.crc32(memoryview(batch.serialize())))
        if self.method is Method.JACKKNIFE:
            sample = random.integers(self.number, size=batch.num_rows)[rows.example]
            pairs, example = rows.row * self.number + sample, rows.example
            first = 0
        else:
            times = random.poisson(1.0, size=(self.number, batch.num_rows))
            times = np.concatenate((np.ones((1, batch.num_rows), np.int64), times))
            chosen = times[:, rows.example]
            index, pair = np.nonzero(chosen)
            repeats = chosen[index, pair]
            index, pair = np.repeat(index, repeats), np.repeat(pair, repeats)
            pairs = rows.row[pair] * (self.number + 1) + index
            example = rows.example[pair]
            first = FULL
        samples = self.number + (first == FULL)
        distinct, row = np.unique(pairs, return_inverse=True)
        labelled = [(int(p % samples) + first, rows.slices[int(p // samples)]) for p in distinct]
        return labelled, slicing.Rows(rows.slices, row, example)
