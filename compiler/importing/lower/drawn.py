"""Random numbers, which here come from the run's seed: others for each example, in training others in each step."""

from __future__ import annotations

from typing import Any

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import Flow
from netc.compiler.importing.lowering import Lowering, lowers
from netc.compiler.importing.records import ForeignNode
from netc.compiler.ir import BATCH, is_batched

NUMBERS = {"Uniform": {"low": 0.0, "high": 1.0}, "Normal": {"mean": 0.0, "scale": 1.0}}
NAMES = {"scale": "std"}


@lowers("RandomUniformLike", "RandomNormalLike")
def drawn(g: Lowering, node: ForeignNode) -> Flow:
    """`uniform` or `normal` of the shape of an example."""
    x, kind = g.value(node, 0), node.op.removeprefix("Random").removesuffix("Like")
    if not is_batched(x):
        raise unsupported("it draws numbers that all examples share", "draw others for each example", node)
    given: dict[str, Any] = {"shape": x.shape[1:]} if x.rank > 1 else {"shape": (1,)}
    for name, usual in NUMBERS[kind].items():
        value = float(node.attributes.get(name, usual))
        given |= {NAMES.get(name, name): value} if value != usual else {}
    g.random = True
    g.note("the model draws random numbers, which here come from the run's seed")
    made = g.layer(kind.lower(), [], (BATCH, *given["shape"]), given)
    return Flow.of(made if x.rank > 1 else g.b.Reshape(made, shape=(BATCH,)))
