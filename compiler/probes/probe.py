"""A probe as nodes of one graph: the network in inference form, its terms, and the gradients of their sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netc.compiler.facts.taps import find_taps
from netc.compiler.ir import DType, Graph, Shape, Value
from netc.compiler.net import Net
from netc.compiler.passes import dead_code, everywhere, inference_mode, used_sources
from netc.compiler.pipeline.observers import seen
from netc.compiler.probes.resized import resized
from netc.compiler.probes.terms import Term
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.gradient import gradients
from netc.compiler.training.looked_up import take_input
from netc.compiler.training.ports import take_parameters
from netc.compiler.training.scan_gradient import saved_for_gradient


def probed(
    net: Net,
    terms: Sequence[Term],
    wrt: Sequence[str],
    taps: Sequence[str] = (),
    sizes: Mapping[str, tuple[int, ...]] | None = None,
) -> Assembly:
    """Terms, their sum as the output `loss`, and `gradient.NAME` of it for everything that `wrt` names.

    wrt   float inputs, and dotted paths of inner values
    taps  paths of inner values that become outputs too

    sizes {input: its height and width} where they aren't those of the text

    The terms are the outputs `0`, `1`, … in their order; without terms there are taps alone. Raises DiagnosticError
    E280 for an unknown path, E281 where a layer needs the size that the text declares.
    """
    a = Assembly(net.name)
    inner = [path for path in wrt if path not in {value.name for value in net.inputs}]
    graph = _inference(net, [*(term.path for term in terms), *inner, *taps], sizes or {})
    sources = {value.name: value for value in graph.inputs}
    a.network = graph
    for value in graph.inputs:
        take_input(a, net, value)
    take_parameters(a, net)
    floats = [sources[name] for name in wrt if name in sources]
    graph = seen("saved_for_gradient", graph, saved_for_gradient(graph, floats))
    a.graph.nodes.extend(graph.nodes)
    a.graph.made = graph.made
    values = sources | graph.outputs

    _add_terms(a, terms, values, wrt)
    for path in taps:
        a.output(path, values[path], "output", f"inner value {path} of net {net.name}")
    used = used_sources(dead_code(a.graph))
    a.drop_inputs({value for value in a.graph.sources() if value not in used})
    return a


def _add_terms(a: Assembly, terms: Sequence[Term], values: Mapping[str, Value], wrt: Sequence[str]) -> None:
    """The terms, their sum, and its gradients as outputs."""

    def take(name: str, shape: Shape) -> Value:
        return a.input(name, DType.FLOAT32, shape, "target", f"goal {name}")

    g = a.builder("loss")
    loss = None
    for number, term in enumerate(terms):
        built = term.build(g, values[term.path], take)
        a.output(str(number), built, "metric", f"term {number}, of {term.path}")
        weighed = g.Mul(built, term.weight)
        loss = weighed if loss is None else g.Add(loss, weighed)
    if loss is None:
        return
    a.output("loss", loss, "loss", "the terms, weighed and added up")
    for name, slope in zip(wrt, gradients(a.graph, loss, [values[name] for name in wrt]).values(), strict=True):
        a.output(f"gradient.{name}", slope, "gradient", f"gradient of loss for {name}", of=name)


def _inference(net: Net, paths: Sequence[str], sizes: Mapping[str, tuple[int, ...]]) -> Graph:
    """What makes the inner values at these paths, in inference form; they are its outputs."""
    graph = net.graph.copy()
    graph.outputs = dict(find_taps(net, list(dict.fromkeys(paths))))
    graph = everywhere(dead_code(graph), inference_mode)
    return resized(graph, sizes) if sizes else graph
