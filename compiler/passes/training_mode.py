"""The graph as it is used while training: random numbers, batch statistics, power iterations."""

from __future__ import annotations

from collections.abc import Callable, Collection

from netc.compiler.ir import DType, Graph, Node, Origin, Value
from netc.compiler.ops import get_op
from netc.compiler.ops.scan import parts_of
from netc.compiler.passes.random_bits import RandomBits
from netc.compiler.passes.rewriter import Rewriter


def training_mode(
    graph: Graph, seed: Value, step: Value, frozen: Collection[Value] = ()
) -> tuple[Graph, dict[Value, Value]]:
    """The graph in training form, and what each running statistic becomes.

    seed, step  int64 scalars, inputs of the graph: masks depend on them, on the layer's path and the element alone
    frozen      buffers that stay: a batch normalization with such running statistics goes by them, as after training
    A running statistic of a layer that is applied twice is updated twice, in the order of application; in a Scan it is
    updated in each run, and each run has masks of its own.
    """
    rewriter = Rewriter(graph)
    form = _TrainingForm(graph, rewriter, RandomBits(rewriter.graph, seed, step), set(graph.parameters), set(frozen))
    return form.run(), form.updates


class _TrainingForm:
    """The walk through one graph. `moving` are its sources that stand for running statistics, `fixed` those that stay;
    `updates` is what the moving ones become."""

    def __init__(
        self, graph: Graph, rewriter: Rewriter, bits: RandomBits, moving: set[Value], fixed: set[Value]
    ) -> None:
        self.nodes = graph.nodes
        self.rewriter, self.bits = rewriter, bits
        self.moving, self.fixed = moving, fixed
        self.updates: dict[Value, Value] = {}

    def run(self) -> Graph:
        """The graph in training form."""
        for node in self.nodes:
            if draws(node):
                self.draw(node)
            elif node.op == "BatchNormalization" and self.fixed.isdisjoint(node.inputs[3:]):
                self.batch_normalization(node)
            elif node.op == "PowerIteration" and self.fixed.isdisjoint(node.inputs[1:]):
                self.power_iteration(node)
            elif node.op == "Scan" and _holds(node, changes):
                self.scan(node)
            else:
                self.rewriter.keep(node)
        return self.rewriter.finish()

    def draw(self, node: Node) -> None:
        """What an operator makes of random numbers: a mask times what is left, noise, the numbers themselves."""
        draw = get_op(node.op).draw
        assert draw is not None
        drawn = draw(self.rewriter.builder(node.origin), self.bits, node, *self.rewriter.inputs(node))
        self.rewriter.replace(node.outputs, (drawn,))

    def power_iteration(self, node: Node) -> None:
        """By vectors that are one iteration nearer to the singular ones."""
        g = self.rewriter.builder(node.origin)
        w, *vectors = self.rewriter.inputs(node)
        before = [self.updates.get(vector, vector) for vector in vectors]
        after = g.add("PowerIterationTraining", (w, *before), node.attributes)
        self.rewriter.replace(node.outputs, after)
        self.updates.update((vector, new) for vector, new in zip(vectors, after, strict=True) if vector in self.moving)

    def batch_normalization(self, node: Node) -> None:
        """By the batch's statistics, which the running ones follow."""
        g = self.rewriter.builder(node.origin)
        x, scale, bias, *running = self.rewriter.inputs(node)
        y, *batch = g.add("BatchNormalizationTraining", (x, scale, bias), {"epsilon": node.attributes["epsilon"]})
        self.rewriter.replace(node.outputs, (y,))
        momentum = node.attributes["momentum"]
        assert isinstance(momentum, float)
        for statistic, value in zip(running, batch, strict=True):
            if statistic in self.moving:
                moved = self.rewriter.builder(Origin.of("optimizer", statistic.name))
                old = self.updates.get(statistic, statistic)
                self.updates[statistic] = moved.Add(moved.Mul(old, momentum), moved.Mul(value, 1.0 - momentum))

    def scan(self, node: Node) -> None:
        """The body in training form: statistics are states, and what keys a run's masks is a sequence."""
        g, at = self.rewriter.builder(node.origin), node.attributes
        body: Graph = at["body"]
        states, elements, captured = parts_of(node)
        own = len(states) + len(elements)
        outside = dict(zip(body.inputs[own:], captured, strict=True))
        key = Value("run", DType.INT64, ())
        inner = _TrainingForm(
            body,
            Rewriter(body),
            self.bits.inside(key),
            {value for value, outer in outside.items() if outer in self.moving},
            {value for value, outer in outside.items() if outer in self.fixed},
        )
        made = inner.run()
        moved = [outside[value] for value in inner.updates]
        keys = [key] if _holds(node, draws) else []
        rest = [value for value in outside if value not in inner.updates]
        inputs = [*body.inputs[: len(states)], *inner.updates, *body.inputs[len(states) : own], *keys, *rest]
        results = list(made.outputs.items())
        statistics = {value.name: new for value, new in inner.updates.items()}
        outputs = {**dict(results[: len(states)]), **statistics, **dict(results[len(states) :])}
        length = elements[0].shape[0]
        new = g.add(
            "Scan",
            (
                *map(self.rewriter.now, states),
                *(self.updates.get(value, value) for value in moved),
                *map(self.rewriter.now, elements),
                *(self.bits.runs(g, length) for _ in keys),
                *(self.rewriter.now(outside[value]) for value in rest),
            ),
            {
                **at,
                "body": Graph(body.name, inputs, [], made.nodes, outputs, made.made),
                "carried": len(states) + len(moved),
                "sequences": len(elements) + len(keys),
            },
        )
        end = len(states) + len(moved)
        self.updates.update(zip(moved, new[len(states) : end], strict=True))
        self.rewriter.replace(node.outputs, (*new[: len(states)], *new[end:]))


def draws(node: Node) -> bool:
    """Whether an operator makes something of random numbers while training."""
    return get_op(node.op).draw is not None


def changes(node: Node) -> bool:
    """Whether an operator does something else while training."""
    return draws(node) or get_op(node.op).learns_by_itself


def _holds(scan: Node, wanted: Callable[[Node], bool]) -> bool:
    """Whether the body of a Scan has such an operator, or a body in it does."""
    return any(wanted(node) or (node.op == "Scan" and _holds(node, wanted)) for node in scan.attributes["body"].nodes)
