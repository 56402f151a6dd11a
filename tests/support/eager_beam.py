"""Runs a Beam pipeline step by step, for stock TFMA as the oracle: no step is sent anywhere.

Beam's in-memory runner describes each step in protos, pickles it, and rebuilds it as a worker
would: most of the time of stock TFMA on a few rows. Here DoFns and CombineFns are called as they
are, by the same code of Beam's workers, on the elements in the order in which a bundle has them.
Combiners get what a worker's would: one accumulator for each key of a bundle, and then a list of
them to merge. Pipelines of the engine itself run on Beam's own runner.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import apache_beam as beam
from apache_beam import coders, pvalue
from apache_beam.io import iobase
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import AppliedPTransform
from apache_beam.runners import runner
from apache_beam.runners.common import DoFnRunner, Receiver
from apache_beam.transforms import core, sideinputs, util
from apache_beam.transforms.combiners import curry_combine_fn
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.windowed_value import WindowedValue

_KEYS = coders.registry.get_coder(Any)


def pipeline() -> beam.Pipeline:
    """Makes a pipeline that runs so, in global windows only; its types are not checked."""
    return beam.Pipeline(EagerRunner(), PipelineOptions([], pipeline_type_check=False))


class EagerRunner(runner.PipelineRunner):
    """Runs one step after the other."""

    def is_fnapi_compatible(self) -> bool:
        """Says that it reads no protos, which are then not made either."""
        return True

    def run_pipeline(self, pipeline: beam.Pipeline, options: PipelineOptions) -> Any:
        """Runs a pipeline to its end.

        Raises:
            Exception: What a step raises, which Beam adds the name of the step to.
        """
        del options
        values: _Values = {}
        for step in pipeline._root_transform().parts:  # noqa: SLF001
            _run(step, values)
        return _Result(runner.PipelineState.DONE)


class _Result(runner.PipelineResult):
    def wait_until_finish(self, duration: Any = None) -> str:
        del duration
        return str(self.state)


# By PCollection, which are equal if one step makes them under one tag.
_Values = dict[pvalue.PCollection, Sequence[WindowedValue]]


def _run(step: AppliedPTransform, values: _Values) -> None:
    transform = step.transform
    if isinstance(transform, beam.Impulse):
        _put(step, values, [b""])
    elif isinstance(transform, iobase.Read) and isinstance(transform.source, iobase.BoundedSource):
        source = transform.source
        _put(step, values, source.read(source.get_range_tracker(None, None)))
    elif isinstance(transform, (util.Reshuffle, util.ReshufflePerKey)):
        values[step.outputs[None]] = values[step.inputs[0]]
    elif isinstance(transform, core.CombinePerKey):
        _put(step, values, _combine(transform, values[step.inputs[0]]))
    elif step.parts:
        for part in step.parts:
            _run(part, values)
    elif isinstance(transform, core.ParDo):
        _par_do(step, values)
    elif isinstance(transform, core.GroupByKey):
        _put(step, values, _grouped(value.value for value in values[step.inputs[0]]))
    elif isinstance(transform, core.Flatten):
        values[step.outputs[None]] = [value for source in step.inputs for value in values[source]]
    elif any(output not in values for output in step.outputs.values() if output not in step.inputs):
        raise NotImplementedError(f"a primitive step: {step.full_label}, {type(transform)}")


def _put(step: AppliedPTransform, values: _Values, elements: Iterable[Any]) -> None:
    values[step.outputs[None]] = [GlobalWindows.windowed_value(element) for element in elements]


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> list[tuple[Any, list[Any]]]:
    """Groups by the encoded key, as between workers."""
    found: dict[bytes, tuple[Any, list[Any]]] = {}
    for key, value in pairs:
        found.setdefault(_KEYS.encode(key), (key, []))[1].append(value)
    return list(found.values())


def _combine(transform: core.CombinePerKey, values: Sequence[WindowedValue]) -> list[Any]:
    combine = curry_combine_fn(transform.fn, transform.args, transform.kwargs)
    combine.setup()
    bundle: dict[Any, Any] = {}  # By the key itself, of which NaN may be several.
    for value in values:
        key, element = value.value
        if key not in bundle:
            bundle[key] = combine.create_accumulator()
        bundle[key] = combine.add_input(bundle[key], element)
    grouped = _grouped((key, combine.compact(added)) for key, added in bundle.items())
    result = [
        (key, combine.extract_output(combine.merge_accumulators(added))) for key, added in grouped
    ]
    combine.teardown()
    return result


class _Output(Receiver):
    def __init__(self) -> None:
        self.values: list[WindowedValue] = []

    def receive(self, windowed_value: WindowedValue) -> None:
        self.values.append(windowed_value)


class _Outputs(dict[str | None, _Output]):
    """By tag; those that nobody reads are among them."""

    def __missing__(self, tag: str | None) -> _Output:
        self[tag] = _Output()
        return self[tag]


def _par_do(step: AppliedPTransform, values: _Values) -> None:
    outputs = _Outputs()
    views = []
    for side in step.side_inputs:
        options = side._view_options()  # noqa: SLF001
        views.append(sideinputs.SideInputMap(type(side), options, values[side.pvalue]))
    (source,) = step.inputs
    transform = step.transform
    run = DoFnRunner(
        transform.dofn,
        transform.args,
        transform.kwargs,
        views,
        source.windowing,
        tagged_receivers=outputs,
        step_name=step.full_label,
    )
    run.setup()
    run.start()
    for value in values[source]:
        run.process(value)
    run.finish()
    run.teardown()
    for tag in {None, *outputs, *(tag for tag in step.outputs)}:
        made = pvalue.PCollection(None, tag=tag)
        made.producer = step
        values[made] = outputs[tag].values
