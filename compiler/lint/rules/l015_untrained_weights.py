"""L015: weights that answer and never learn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.compiler.net import Net
from netc.compiler.plan.moving import frozen, matches
from netc.compiler.plan.terms import values_of
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L015")
def untrained_weights(subject: Subject) -> Iterator[Diagnostic]:
    """An output comes of weights that no loss depends on.

    ## What it does
    Finds layers with weights that an output needs and no loss of any train section of the net, where nothing else says
    what the weights are: `frozen`, `freeze`, `follow`, `init`.

    ## Why is this bad
    The weights stay as they were drawn, and the output is made of random numbers for ever. It looks like an answer, and
    nothing else tells: a loss was forgotten when the output was added.

    ## Example
    ```
    net Heads {
      input image: 1x28x28
      body   = flatten -> dense(64, act=relu)
      logits = dense(10)
      age    = body -> dense(1)
      output logits, age
    }
    train Heads {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
    }
    ```

    ## Use instead
    ```
    net Heads {
      input image: 1x28x28
      body   = flatten -> dense(64, act=relu)
      logits = dense(10)
      age    = body -> dense(1)
      output logits, age
    }
    train Heads {
      loss      = cross_entropy(logits, label) + 0.1 * mse(age, years)
      optimizer = adam(lr=1e-3)
    }
    ```
    """
    trained: dict[str, list[Net]] = {}
    for section in sections(subject):
        trained.setdefault(section.net.name, []).append(section.net)
    for nets in trained.values():
        layers = _untrained(nets)
        if layers:
            first = layers[0]
            count = sum(item.count for layer in layers for item in layer.parameters if not item.buffer)
            headline = next(section.tree.net_span for section in sections(subject) if section.net in nets)
            here = first.span.file == subject.tree.span.file
            yield warning(
                f"no loss depends on `{first.path}`" + (f" and {len(layers) - 1} more" if len(layers) > 1 else ""),
                first.span if here else headline,
                f"{counted(count, 'parameter')} stay as they were drawn",
                secondary=(Label(headline, "trained here without them"),) if here else (),
                help="add a loss of what they make, or leave them out; say where they come from: `init`, or `frozen`",
            )


def _untrained(nets: list[Net]) -> list[LayerInstance]:
    """The layers with weights of a net that none of its train sections moves, though an output needs them."""
    moved: set[str] = set()
    for net in nets:
        reached = _behind(value for plan in net.plans for term in plan.losses for value in values_of(term))
        moved |= {item.name for item in net.parameters if item.value in reached}
        for plan in net.plans:
            parts = [start.part for start in plan.init]
            still = frozen(net.parameters, plan)
            moved |= {item.name for item in net.parameters if item.value in still or item.frozen}
            if parts:
                moved |= {item.name for item in net.parameters if "" in parts or matches(item.name, parts)}
    found = []
    for layer in nets[0].layers:
        weights = [item for item in layer.parameters if not item.buffer]
        if weights and not layer.training_only and all(item.name not in moved for item in weights):
            found.append(layer)
    return found


def _behind(values: Iterable[Value]) -> set[Value]:
    """Everything that some values are made of."""
    found: set[Value] = set()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if value not in found:
            found.add(value)
            waiting.extend(value.node.inputs if value.node is not None else ())
    return found
