"""The evaluation engine: TFMA's results for many models, from one pass over the data.

    from checkpoint_sweep.evaluation import EvaluateModels
    from checkpoint_sweep.evaluation.fused import required_features
    from checkpoint_sweep.evaluation.inputs.reader import ReadFeatures
    from checkpoint_sweep.saved_model.model_source import ModelSource
    from checkpoint_sweep.saved_model.saved_model import SavedModel

    exported = SavedModel("export")
    candidates = [ModelSource("step-500", exported, "run/model.ckpt-500"), ...]
    outputs = {candidate.name: f"evaluation/{candidate.name}" for candidate in candidates}
    eval_config = tfma.utils.update_eval_config_with_defaults(eval_config)
    columns = required_features.columns(eval_config, {}, candidates)
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        pipeline | ReadFeatures([pattern], schema, columns, 4096) | EvaluateModels(
            candidates, outputs, eval_config
        )
    tfma.load_eval_result(outputs["step-500"])

Each directory then holds what ``tfma.ExtractEvaluateAndWriteResults`` would write for that
candidate alone, and ``predictions.json``. ``unsupported_reason`` tells beforehand whether an
EvalConfig needs stock TFMA.

**Idea.** TFMA takes one example at a time through Python combiners, about a millisecond for each
example, model and slice. Its design is sound, though: *leaf* combiners with accumulators that
merge, and everything else derived from those. So the engine replaces only how a leaf adds input.
A *vectorized combiner* adds a whole batch for all models at once, as float64 sums over (slice,
model, bucket); at the end it turns the sums of one slice and model into the accumulator that
TFMA's combiner would hold. Derived metrics, cross slices, differences to a baseline, intervals,
validation and the records of the result files are TFMA's code. All of TFMA's private names stand
in ``tfma_internals``.

**The way of a batch**, file by file:

1. ``inputs.reader`` takes the columns that are needed (``fused.required_features``) from TFRecord
   files, where there is a schema; any other source of RecordBatches will do.
2. ``fused.update`` is the DoFn that sees the data. ``inputs.preparer`` makes of a RecordBatch what
   models and metrics take: TFMA's extracts, and what the signature is fed; ``predict`` predicts
   with all models in one ``session.run``; ``aggregate.slicing`` asks TFMA's slicer once for each
   distinct combination of feature values, and ``aggregate.samples`` divides the examples for
   confidence intervals; ``plan.metric_inputs`` lays out labels, predictions and weights as a leaf
   asks for them (class, top-k, micro average ...); each of the ``plan.combiners`` says what to add
   where; ``aggregate.waiting_sums`` adds it up, many batches at a time. The result is a state of
   each bundle.
3. ``aggregate.state`` merges (by a CombineFn) those of all bundles, in any order. A state's rows
   are *sets* of slices, which divide the examples: an example is added once, however many slices
   it is in. Sets become slices at the end, or when there are too many.
4. ``aggregate.derive`` (a DoFn, an element per block of slices): accumulators, then TFMA's derived
   computations. Two loops over 10,000 thresholds run on arrays instead
   (``plan.combiners.rebinning``). Without a baseline or intervals a whole block is computed at
   once, column by column (``aggregate.derive_blocks``, ``plan.combiners.by_columns``).
5. ``aggregate.slice_metrics`` joins these with TFMA's cross-slice and difference metrics and its
   intervals, ``results.slice_records`` formats them and ``results.writer`` writes: files of all
   candidates by a constant number of Beam steps, each file whole or not at all.
   ``fused.transform`` is the whole as one PTransform.

Metrics by query key are an evaluation of their own, as in TFMA (``fused.queries``): examples leave
``update`` with their predictions, are grouped by query, and go through TFMA's own combiners.
Features that a model's ``preprocessing`` functions make are made once for all checkpoints.

``request`` is the seam to a sweep, with two sides: ``fused.engine`` and ``stock.engine``, which
``engine`` knows by name. ``preflight`` looks at config, model and examples before any work;
``results`` reads back what was written, and its ``ledger`` records what was.

**What does not fit arrays.** A leaf without a vectorized combiner, and examples whose values are
missing, ragged or not finite or that have several weights, go through TFMA's own preprocessors and
combiners one by one (``aggregate.fallback``); both kinds of accumulators of a leaf are merged by
TFMA. Slower, never wrong; the leaves are named once in the log. What fits is decided for each
model, so that one that diverges changes nothing for the others.

**How to add a vectorized combiner.** Subclass ``plan.combiners.base.VectorizedCombiner``, or
``TotalsCombiner`` if the accumulator's attributes are plain totals, and list the class in
``plan.combiners.vectorized_combiners``:

    class SquaredError(base.TotalsCombiner):
        combines = tfma_internals.SquaredErrorCombiner
        fields = ("total_regression_error", "total_example_weights")

        def terms(self, label, prediction, weight):
            return (label - prediction) ** 2 * weight, weight

The arrays broadcast to (models, examples, values), values being the classes of flat inputs.
``unsupported_reason`` refuses configurations that it does not cover. Then give it cases in
``tests/checkpoint_sweep/evaluation/plan/combiners/test_contract.py``, which compares it with stock
TFMA.

A metric of one's own needs none of this: it is a formula, see ``metrics.batch_metric``.

**Traps.** TFMA's computations are listed in the order of proto maps, which is random: ``plan``
sorts them, because the steps of a pipeline make the plan anew rather than pickle closures. TFMA
adds up Keras metrics in float32 and everything else in float64; the engine always in float64.
"""

from typing import TYPE_CHECKING

from checkpoint_sweep._lazy import importer

if TYPE_CHECKING:
    from checkpoint_sweep.evaluation.fused.transform import EvaluateModels
    from checkpoint_sweep.evaluation.preflight.support import unsupported_reason

__all__ = ["EvaluateModels", "unsupported_reason"]

# TFMA and TensorFlow, which take seconds, are imported when the engine is asked for.
__getattr__ = importer(__name__)
