"""Networks made by hand from the layer declarations, so that these tests need neither a grammar nor elaboration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sessions import session_of

from netc.compiler.applications import Application, Kind, LayerInstance
from netc.compiler.artifact import Artifact
from netc.compiler.declare.initial import Initial
from netc.compiler.declare.parameter import Parameter
from netc.compiler.ir import BATCH, DType, Graph, Origin, Shape, Size, Value
from netc.compiler.layers.base import LayerBuilder, layer
from netc.compiler.losses.base import loss
from netc.compiler.metrics.base import metric
from netc.compiler.net import Net
from netc.compiler.optimizers.base import optimizer
from netc.compiler.plan.terms import LossTerm, MetricTerm
from netc.compiler.plan.train_plan import StepPlan, TrainPlan
from netc.grammar.diagnostics import Span

Arrays = dict[str, np.ndarray[Any, Any]]
HERE = Span("hand.net", 1, 1, 1, 2)


class Maker:
    """Applies layers by their words; paths are the word and a number: `conv1`, `conv2`."""

    def __init__(self, name: str = "Hand") -> None:
        layers: list[Any] = []  # the net's and the tree's
        tree = Application(Kind.NET, name, "", "", HERE, HERE, {}, {}, (), layers)
        self.net = Net(
            name, "a net made by hand", {}, Graph(name), layers, tree, [], {}, [], [], "hand.net", "x", {}, HERE
        )
        self.known: dict[str, Parameter] = {}

    def input(self, name: str, *shape: Size, dtype: DType = DType.FLOAT32) -> Value:
        value = Value(name, dtype, (BATCH, *shape))
        self.net.graph.inputs.append(value)
        self.net.values[name] = value
        return value

    def __call__(self, word: str, *x: Value, path: str | None = None, only: bool = False, **arguments: Any) -> Value:
        path = path or f"{word}{sum(done.word == word for done in self.net.layers) + 1}"
        line = len(self.net.layers) + 2
        span = Span("hand.net", line, 1, line, 2)
        used: list[Parameter] = []

        def new_parameter(name: str, shape: Shape, initial: Initial, dtype: DType, buffer: bool) -> Parameter:
            full = f"{path}.{name}"
            if full not in self.known:
                parameter = Parameter(full, Value(full, dtype, shape), initial, not buffer, buffer, span)
                self.known[full] = parameter
                self.net.parameters.append(parameter)
                self.net.graph.parameters.append(parameter.value)
            used.append(self.known[full])
            return self.known[full]

        def apply_layer(given: Any, value: Value, name: str) -> Value:
            result = given.build(b, value)
            assert isinstance(result, Value)
            return result

        if isinstance(arguments.get("act"), str):
            arguments["act"] = layer.all()[arguments["act"]]()
        declared = layer.all()[word](**arguments)
        first = len(self.net.graph.nodes)
        b = LayerBuilder(self.net.graph, Origin(path, span), new_parameter, apply_layer)
        y = declared.build(b, *x)
        assert isinstance(y, Value)
        nodes = tuple(self.net.graph.nodes[first:])
        instance = LayerInstance(path, word, declared, x, (y,), nodes, tuple(used), span, {}, only)
        self.net.layers.append(instance)
        self.net.values[path] = y
        return y

    def output(self, **values: Value) -> Net:
        self.net.graph.outputs.update(values)
        self.net.values.update(values)
        return self.net


def plan(net: Net, optimizer_: Any = None, *, metrics: tuple[str, ...] = (), **settings: Any) -> TrainPlan:
    """Cross entropy of the first output with `label`."""
    first = next(iter(net.outputs.values()))
    terms = (LossTerm("loss", 1.0, loss.all()["cross_entropy"](), (first, "label"), HERE),)
    wanted = tuple(MetricTerm(word, metric.all()[word](), (first, "label"), HERE) for word in metrics)
    chosen = optimizer_ or optimizer.all()["sgd"](lr=0.1)
    step = StepPlan(terms, chosen, clip_norm=settings.pop("clip_norm", None))
    return TrainPlan(None, (step,), metrics=wanted, **settings)


def small_net() -> Net:
    """Every kind of layer that training treats differently: conv, batch norm, pooling, skip, dropout, dense."""
    m = Maker("Small")
    x = m.input("image", 2, 8, 8)
    y = m("conv", x, filters=4, kernel=3, pad="same", bias=False)
    y = m("relu", m("batchnorm", y))
    skip = m("maxpool", y, kernel=2)
    y = m("conv", skip, filters=4, kernel=3, pad=1, act="tanh")
    y = m("add", y, skip)
    y = m("avgpool", y, kernel=2)
    y = m("dropout", m("flatten", y), rate=0.25)
    return m.output(logits=m("dense", y, features=3))


def dense_net() -> Net:
    """The lecture's first network in small."""
    m = Maker("Dense")
    y = m("flatten", m.input("image", 1, 4, 4))
    y = m("dense", y, features=8, act="relu")
    return m.output(logits=m("dense", y, features=3))


def two_headed() -> tuple[Net, TrainPlan]:
    """Two outputs, one without a loss, and a loss on a head that only training has."""
    m = Maker("TwoHeads")
    x = m("flatten", m.input("image", 1, 4, 4))
    aux = m("dense", x, features=3, only=True, path="aux")
    unused = m("dense", x, features=2, path="unused")
    net = m.output(logits=m("dense", x, features=3), other=unused)
    p = plan(net, metrics=("accuracy",))
    main = replace(p.losses[0], name="main", logged=True)
    return net, p.with_steps(losses=(main, replace(main, name="side", weight=0.3, given=(aux, main.given[1]))))


def batch_of(net: Net, size: int, classes: int = 3, seed: int = 0) -> Arrays:
    """Random examples and labels."""
    rng = np.random.default_rng(seed)
    arrays = {
        value.name: rng.standard_normal((size, *value.shape[1:])).astype(np.float32)  # type: ignore[arg-type]
        for value in net.inputs
    }
    return {**arrays, "label": rng.integers(0, classes, size)}


def run(artifact: Artifact, feeds: Arrays, **options: Any) -> Arrays:
    """All outputs by name."""
    session = session_of(artifact.model, **options)
    wanted = {value.name for value in session.get_inputs()}
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(names, {k: v for k, v in feeds.items() if k in wanted}), strict=True))


def first_feeds(artifact: Artifact, weights: Arrays, batch: Arrays, *, rate: float = 0.1, step: int = 0) -> Arrays:
    """Everything that a training step takes at its start."""
    feeds = {**batch, **weights}
    for port in artifact.manifest["inputs"]:
        if port["role"] == "state":
            feeds[port["name"]] = np.zeros([int(size) for size in port["shape"]], np.float32)
    scalars = {"learning_rate": np.array(rate, np.float32), "seed": np.array(7), "step": np.array(step)}
    return {**feeds, **scalars}
