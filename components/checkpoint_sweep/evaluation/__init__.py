"""The evaluation engine: TFMA's results for many models, from one pass over the data.

    from checkpoint_sweep.evaluation import EvaluateModels, needs, reading
    from checkpoint_sweep.saved_model.model_source import ModelSource

    candidates = [ModelSource("step-500", template, "run/model.ckpt-500"), ...]
    outputs = {candidate.name: f"evaluation/{candidate.name}" for candidate in candidates}
    eval_config = tfma.utils.update_eval_config_with_defaults(eval_config)
    columns = needs.columns(eval_config, None, {}, candidates)
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        pipeline | reading.ReadFeatures([pattern], schema, columns, 4096) | EvaluateModels(
            candidates, outputs, eval_config
        )
    tfma.load_eval_result(outputs["step-500"])

Each directory then holds what ``tfma.ExtractEvaluateAndWriteResults`` would write for that
candidate alone. ``unsupported_reason`` tells beforehand whether an EvalConfig needs stock TFMA.

**Idea.** TFMA takes one example at a time through Python combiners, about a millisecond for each
example, model and slice. Its design is sound, though: *leaf* combiners with accumulators that
merge, and everything else derived from those. So the engine replaces only how a leaf adds input.
A *twin* adds a whole batch for all models at once, as float64 sums over (slice, model, bucket); at
the end it turns the sums of one slice and model into the accumulator that TFMA's combiner would
hold. Derived metrics, cross slices, differences to a baseline, intervals, validation and the
records of the result files are TFMA's code.

**The way of a batch.**

0. ``reading`` takes the columns that are needed (``needs``) from TFRecord files, where there is a
   schema; any other source of RecordBatches will do, ``TFExampleRecord.BeamSource`` above all.
1. ``update`` (a DoFn): ``extracts`` converts the columns that are needed, with TFMA's batched
   extractors; ``fused`` predicts with all models in one ``session.run``; ``slicing`` asks TFMA's
   slicer once for each distinct combination of feature values; ``views`` lays out labels,
   predictions and weights as a leaf asks for them (class, top-k, micro average ...), shared by
   leaves; each twin gives what to add where; ``sums`` adds it up. The result is a ``state``.
2. ``merge`` (a CombineFn): states of batches to one state, in any order. A state's rows are *sets*
   of slices, which divide the examples: an example is added once, however many slices it is in.
   Sets become slices at the end, or when there are too many.
3. ``derive`` (a DoFn, an element per slice): accumulators, then TFMA's derived computations. Two
   loops over 10,000 thresholds run on arrays instead (``derived``).
4. ``transform`` joins these with TFMA's cross-slice and difference metrics and its intervals
   (``samples`` divides the examples), and ``results`` formats and writes: files of all candidates
   by a constant number of Beam steps, each file whole or not at all.

**What has no twin.** A leaf without a twin, and examples that do not fit arrays (missing, ragged or
non-finite values), go through TFMA's own preprocessors and combiners one by one (``fallback``);
both kinds of accumulators of a leaf are merged by TFMA. Slower, never wrong; the leaves are named
once in the log.

**How to add a twin.** Subclass ``twins.base.Twin``, or ``TotalsTwin`` if the accumulator's
attributes are plain totals, and list the class in ``twins.twins``:

    class SquaredError(base.TotalsTwin):
        combines = mean_regression_error._MeanSquaredErrorCombiner
        fields = ("total_regression_error", "total_example_weights")

        def terms(self, label, prediction, weight):
            return (label - prediction) ** 2 * weight, weight

The arrays broadcast to (models, examples, values), values being the classes of a flat view.
``unsupported`` refuses configurations that the twin does not cover. Then add the metric to
``tests/components/checkpoint_sweep/evaluation/engine_configs.py``: the tests compare it with stock TFMA.

**A metric of your own** brings its twin along: its combiner's class names it, and it needs neither
``combines`` nor an entry in ``twins.twins``. A subclass of the combiner does not inherit it.

    class MyCombiner(beam.CombineFn):
        twin: ClassVar[type[base.Twin]] = MyTwin

``view_spec`` reads ``_key`` (a MetricKey) and ``_example_weighted`` of the combiner. Whole examples
are in ``components/metrics``.

**Traps.** TFMA's computations are listed in the order of proto maps, which is random: ``plan``
sorts them, because the steps of a pipeline make the plan anew rather than pickle closures. TFMA
adds up Keras metrics in float32 and everything else in float64; the engine always in float64.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checkpoint_sweep.evaluation.evaluate_models import EvaluateModels
    from checkpoint_sweep.evaluation.support import unsupported_reason

__all__ = ["EvaluateModels", "unsupported_reason"]


def __getattr__(name: str) -> Any:
    """Imports TFMA and TensorFlow, which takes seconds, only when the engine is asked for."""
    if name == "EvaluateModels":
        from checkpoint_sweep.evaluation.evaluate_models import EvaluateModels

        return EvaluateModels
    if name == "unsupported_reason":
        from checkpoint_sweep.evaluation.support import unsupported_reason

        return unsupported_reason
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
