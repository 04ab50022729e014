"""What a net says it gives: `output`."""

from __future__ import annotations

from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.values import POISON, kind, named_values
from netc.grammar import ast


def run_output(frame: Frame, node: ast.Output) -> None:
    """Make values outputs of the net, under their names."""
    if frame.outputs is None:
        frame.error("E218", "`output` stands in a net", node.span,
                    help="end a block with what it gives: `[x, y]`")  # fmt: skip
        return
    for expression in node.values:
        value = frame.evaluate(expression)
        if value is POISON:
            frame.started = False
            continue
        for name, item in named_values(_output_name(expression), value):
            if item is None:
                frame.error(
                    "E218",
                    f"`output` names tensors, found {kind(value)}",
                    expression.span,
                    help="name values of the net: inputs, or what layers make",
                )
                break
            if any(name == given.name for given in frame.run.graph.inputs):
                frame.error(
                    "E218",
                    f"the output `{name}` has the name of an input",
                    expression.span,
                    help=f"give it another name: `{name}_out = {name} -> identity`",
                )
            if name in frame.outputs:
                frame.error(
                    "E205", f"the output `{name}` is named twice", expression.span, help="remove one of the two"
                )
            frame.outputs[name] = item


def _output_name(expression: ast.Expression) -> str:
    """What an output is called: its path in the text."""
    match expression:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, name=name):
            return f"{_output_name(value)}.{name}"
        case ast.Index(value=value, index=ast.Number(value=number)):
            return f"{_output_name(value)}.{number}"
    return "output"
