"""Binds of a file, outside nets and blocks: static values, computed when they are first used."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import ArgumentType
from netc.compiler.elaborate.arguments import convert
from netc.compiler.elaborate.frame import Elaboration, Frame
from netc.compiler.elaborate.initial_values import initializer_expected, is_either
from netc.compiler.elaborate.language import LANGUAGE
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.scope import Env, Ref, Scope
from netc.compiler.elaborate.values import POISON, is_flowing, kind
from netc.compiler.ir import Graph
from netc.grammar import ast
from netc.grammar.counted import counted


def file_frame(module: Module) -> Frame:
    """A frame in which a file's own static expressions are computed."""
    return Frame(Elaboration(module.report, Graph(module.path), LANGUAGE), module, Env(None), Scope())


def _initializer(module: Module, bind: ast.Bind, value: ast.Expression) -> ArgumentType | None:
    """The type that a bind's value has as an initializer, where that is meant."""
    if len(bind.targets) != 1 or not is_either(value):
        return None
    return initializer_expected(module, module.file, bind.targets[0].id)


def compute(module: Module, bind: ast.Bind) -> dict[str, Ref]:
    """The values of a bind outside nets and blocks, POISON after a mistake, which is reported."""
    frame = file_frame(module)
    value: Any = POISON
    if bind.shared or not isinstance(bind.value, ast.Flow):
        what = "`shared`" if bind.shared else "control"
        frame.error("E213", f"{what} stands in a net or block", bind.span, help="move it into a net")
    else:
        element = bind.value.elements[0] if len(bind.value.elements) == 1 else bind.value
        if isinstance(element, ast.Braced):
            frame.error("E213", "a file binds static values, found a flow", bind.span,
                              help="write a block for layers")  # fmt: skip
        else:
            expected = _initializer(module, bind, element)
            value = (
                frame.evaluate(element)
                if expected is None
                else convert(frame, expected, element, f"`{bind.targets[0].id}`")
            )
    if is_flowing(value) and value is not POISON:
        frame.error(
            "E213", f"a file binds static values, found {kind(value)}", bind.span, help="move it into a net or a block"
        )
        value = POISON
    names = bind.targets
    if len(names) > 1 and value is not POISON and (not isinstance(value, tuple) or len(value) != len(names)):
        frame.error(
            "E208",
            f"{counted(len(names), 'name')} for {kind(value)}",
            bind.span,
            help="give it as many values as names, in a list",
        )
        value = POISON
    parts = [value] if len(names) == 1 else [POISON] * len(names) if value is POISON else value
    return {target.id: Ref(part, target.span) for target, part in zip(names, parts, strict=True)}
