"""Layers, losses and optimizers on hand-made values, and a way to run what they build."""

from __future__ import annotations

from typing import Any

import pytest
from sessions import session_of
from stages import legalise

from netc.compiler.declare.initial import Initial
from netc.compiler.declare.parameter import Parameter
from netc.compiler.emit import emit
from netc.compiler.ir import BATCH, Builder, DType, Graph, Origin, Shape, Size, Value
from netc.compiler.layers.base import LayerBuilder, language_shape, layer
from netc.compiler.passes import inference_mode


class Bench:
    """A graph to build in: `input`, `apply`, `run`."""

    def __init__(self) -> None:
        self.graph = Graph("bench")
        self.parameters: dict[str, Parameter] = {}
        self.g = Builder(self.graph)

    def input(self, name: str, *shape: Size, dtype: DType = DType.FLOAT32, scope: str = "") -> Value:
        """A value `[N, *shape]`."""
        value = Value(name, dtype, (BATCH, *shape), Origin(scope))
        self.graph.inputs.append(value)
        return value

    def bare(self, name: str, *shape: int) -> Value:
        """A value without a batch axis, as a parameter is one."""
        value = Value(name, DType.FLOAT32, shape)
        self.graph.inputs.append(value)
        return value

    def apply(self, word: str, *x: Value, **given: Any) -> Any:
        """Apply a layer with arguments as a file would give them (`from_` is `from`)."""
        definition = layer.all()[word]
        given = {name.rstrip("_"): value for name, value in given.items()}
        converted = {name: definition.arguments[name].type.convert(value) for name, value in given.items()}
        b = LayerBuilder(self.graph, Origin(word), self._new_parameter, lambda act, value, name: act.build(b, value))
        return definition(**converted).build(b, *x)

    def shape(self, word: str, *sizes: Size, **given: Any) -> Shape:
        """The layer's output shape for one input of these sizes, as the language says it."""
        return language_shape(self.apply(word, self.input(f"x{len(self.graph.inputs)}", *sizes), **given))

    def _new_parameter(self, name: str, shape: Shape, initial: Initial, dtype: DType, buffer: bool) -> Parameter:
        value = Value(name, dtype, shape)
        self.graph.parameters.append(value)
        self.parameters[name] = Parameter(name, value, initial, not buffer, buffer)
        return self.parameters[name]

    def run(self, output: Value | dict[str, Value], feeds: dict[str, Any], target: str = "std") -> Any:
        """What ONNX Runtime returns for one value, or a dict of them."""
        several = output if isinstance(output, dict) else {"y": output}
        graph = self.graph.copy()
        graph.outputs = {f"{name}.out": value for name, value in several.items()}
        model = emit(legalise(inference_mode(graph), target))
        session = session_of(model.SerializeToString())
        names = {item.name for item in session.get_inputs()}
        results = session.run(list(graph.outputs), {name: value for name, value in feeds.items() if name in names})
        return dict(zip(several, results, strict=True)) if isinstance(output, dict) else results[0]


@pytest.fixture
def bench() -> Bench:
    return Bench()
