"""Inlining of the function calls that touch variables, so that models share the work in them.

Follows what TensorFlow does when it inlines a call: the body's nodes take the call's inputs, every
node of the body runs after the call's control inputs, and whoever waits for the call waits for the
body's results and control outputs. The call's node stays, as a NoOp that stands for "has run".
"""

import contextlib
from collections.abc import Iterable, Iterator

import tensorflow as tf
from tensorflow.python.framework import function_def_to_graph

from checkpoint_sweep.saved_model import graph, partition

_CALL_OPS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
_BRANCHING_OPS = frozenset({"Switch", "RefSwitch", "Enter", "RefEnter"})


def inline_dependent_calls(
    nodes: graph.Nodes, functions: graph.Functions, targets: Iterable[str]
) -> dict[str, str]:
    """Replaces, in ``nodes``, calls that depend on a variable by the body of their function.

    Calls are left alone when they are compiled as a whole (``jit_compile``), are polymorphic, or
    run conditionally in a TensorFlow 1 ``cond`` or ``while_loop``.

    Args:
        nodes: Nodes by name, which are changed in place.
        functions: Function library, by name.
        targets: Nodes whose ancestors matter.

    Returns:
        The tensor that replaces each data output of an inlined call (``"call:0"``).
    """
    replaced: dict[str, str] = {}
    targets = list(targets)
    # An inlined body may itself have calls that depend on a variable.
    while True:
        live = graph.ancestors(nodes, targets)
        calls = [name for name in live if _callee(nodes[name], functions) is not None]
        if not calls:
            return replaced
        conditional = _conditional(nodes, live)
        dependent = partition.dependent_nodes(nodes, live, partition.variables(nodes, live))
        chosen = [name for name in calls if name in dependent and name not in conditional]
        if not chosen:
            return replaced
        new: dict[str, str] = {}
        callees = graph.reachable_functions([nodes[name] for name in chosen], functions)
        with _with_functions(functions, callees):
            for name in chosen:
                new.update(_inline(nodes, nodes[name], functions))
        _redirect(nodes, new)
        replaced = {old: _final(target, new) for old, target in replaced.items()}
        replaced.update((old, _final(old, new)) for old in new)


def _callee(node: tf.compat.v1.NodeDef, functions: graph.Functions) -> str | None:
    """Returns the function that a node calls, if its body can take the node's place."""
    name = node.attr["f"].func.name if node.op in _CALL_OPS else node.op
    if name not in functions or functions[name].signature.attr:
        return None
    compiled = "_XlaMustCompile"
    if node.attr[compiled].b or functions[name].attr[compiled].b:
        return None
    return name


def _conditional(nodes: graph.Nodes, live: set[str]) -> set[str]:
    """Finds what a branch of TensorFlow 1 leads to, which runs conditionally."""
    consumers = graph.consumers(nodes, live)
    branches = (name for name in live if nodes[name].op in _BRANCHING_OPS)
    return graph.reachable(branches, lambda name: consumers.get(name, ()))


@contextlib.contextmanager
def _with_functions(functions: graph.Functions, names: Iterable[str]) -> Iterator[None]:
    """Enters a scratch graph with these functions, where TensorFlow looks up a body's calls."""
    library = tf.compat.v1.GraphDef()
    library.library.function.extend(functions[name] for name in sorted(names))
    with tf.Graph().as_default():
        tf.import_graph_def(library, name="")
        yield


def _inline(
    nodes: graph.Nodes, call: tf.compat.v1.NodeDef, functions: graph.Functions
) -> dict[str, str]:
    """Adds the body, turns the call into a NoOp, and returns the tensors for its outputs."""
    function = functions[_callee(call, functions) or ""]
    scope = f"{call.name}/__inlined__/"
    data = [ref for ref in call.input if not ref.startswith("^")]
    control = [ref for ref in call.input if ref.startswith("^")]
    arguments = {arg.name: ref for arg, ref in zip(function.signature.input_arg, data, strict=True)}
    body, flat_name = function_def_to_graph.function_def_to_graph_def(function)

    def rename(ref: str) -> str:
        name = graph.node_of(ref)
        if name not in arguments:
            return graph.map_ref(ref, lambda node: scope + node)
        if ref.startswith("^"):
            return "^" + graph.node_of(arguments[name])
        return arguments[name]

    before = f"{scope}__before__"
    if control:
        nodes[before] = tf.compat.v1.NodeDef(name=before, op="NoOp", input=control)
    for node in body.node:
        if node.name in arguments:
            continue
        # Inputs from inside the body already wait for the call's control inputs.
        waits = any(graph.node_of(ref) not in arguments for ref in node.input)
        inputs = [rename(ref) for ref in node.input]
        del node.input[:]
        node.input.extend(inputs)
        if control and not waits:
            node.input.append(f"^{before}")
        node.name = scope + node.name
        node.attr.pop("_class", None)
        nodes[node.name] = node

    results = [rename(flat_name[function.ret[arg.name]]) for arg in function.signature.output_arg]
    done = {graph.node_of(ref) for ref in results} | {
        scope + name for name in function.control_ret.values()
    }
    if control:
        done.add(before)
    nodes[call.name] = tf.compat.v1.NodeDef(
        name=call.name, op="NoOp", input=[f"^{name}" for name in sorted(done)]
    )
    return {f"{call.name}:{index}": ref for index, ref in enumerate(results)}


def _redirect(nodes: graph.Nodes, new: dict[str, str]) -> None:
    for node in nodes.values():
        for index, ref in enumerate(node.input):
            if not ref.startswith("^"):
                final = _final(ref, new)
                if final != ref:
                    node.input[index] = final


def _final(ref: str, new: dict[str, str]) -> str:
    """Follows replacements: an inlined call may return what another one returned."""
    while (key := graph.canonical(ref)) in new:
        ref = new[key]
    return ref
