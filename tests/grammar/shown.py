"""Trees as s-expressions, for tests to read."""

from __future__ import annotations

from netc.grammar import ast
from netc.grammar.parse import parse


def expression(text: str) -> str:
    """The tree of an expression, as the value of a bind at the top of a file."""
    file, findings = parse(f"x = {text}", "x.net")
    assert not findings, findings
    (bind,) = file.items
    assert isinstance(bind, ast.Bind)
    return shown(bind.value)


def statements(text: str) -> str:
    """The trees of the statements of a net, a line each."""
    file, findings = parse(f"net A {{\n{text}\n}}", "x.net")
    assert not findings, findings
    (net,) = file.items
    assert isinstance(net, ast.Net)
    return "\n".join(shown(statement) for statement in net.body.statements)


def shown(node: object) -> str:  # noqa: C901
    match node:
        case ast.Flow(elements=(element,)):
            return shown(element)
        case ast.Flow():
            return f"({' -> '.join(shown(element) for element in node.elements)})"
        case ast.Number() | ast.String():
            return repr(node.value)
        case ast.Constant():
            return {True: "true", False: "false", None: "none"}[node.value]
        case ast.Name():
            return node.id
        case ast.Prev():
            return f"(prev {node.name})"
        case ast.ShapeLiteral():
            return "x".join(map(str, node.sizes))
        case ast.List():
            return f"[{' '.join(map(shown, node.items))}]"
        case ast.Table():
            return f"[{' '.join(f'{shown(key)}:{shown(value)}' for key, value in node.entries)}]"
        case ast.Range():
            return f"({shown(node.start)} .. {shown(node.stop)})"
        case ast.Unary():
            return f"({node.operator} {shown(node.operand)})"
        case ast.Binary():
            return f"({shown(node.left)} {node.operator} {shown(node.right)})"
        case ast.Conditional():
            return f"({shown(node.then)} if {shown(node.condition)} else {shown(node.otherwise)})"
        case ast.Argument():
            return shown(node.value) if node.name is None else f"{node.name}={shown(node.value)}"
        case ast.Call():
            return f"(call {' '.join(map(shown, (node.function, *node.arguments)))})"
        case ast.Attribute():
            return f"(attribute {shown(node.value)} {node.name})"
        case ast.Index():
            return f"(index {shown(node.value)} {shown(node.index)})"
        case ast.Braced():
            return f"{shown(node.head) + ' ' if node.head else ''}{shown(node.body)}"
        case ast.Body():
            return "{" + "; ".join(map(shown, node.statements)) + "}"
        case ast.InputDeclaration():
            return f"{node.name}:{node.type}:{shown(node.shape) if node.shape else None}"
        case ast.Input():
            return f"(input {' '.join(map(shown, node.inputs))})"
        case ast.Output():
            return f"(output {' '.join(map(shown, node.values))})"
        case ast.Expect():
            return f"(expect {shown(node.condition)} {node.why!r})"
        case ast.If():
            otherwise = f" else {shown(node.otherwise)}" if node.otherwise else ""
            return f"(if {shown(node.condition)} {shown(node.then)}{otherwise})"
        case ast.For():
            return f"(for {' '.join(map(shown, node.targets))} in {shown(node.iterable)} {shown(node.body)})"
        case ast.Repeat():
            return f"(repeat {shown(node.count)} {shown(node.body)})"
        case ast.Frozen():
            return f"(frozen {shown(node.body)})"
        case ast.TrainOnly():
            return f"(train only {shown(node.body)})"
        case ast.Bind():
            return f"({'shared ' if node.shared else ''}{' '.join(map(shown, node.targets))} = {shown(node.value)})"
        case ast.Step():
            return f"(step {node.name} {shown(node.body)})"
        case ast.UseName():
            return f"{node.name}/{node.alias}"
        case ast.Use():
            return f"(use {node.module or node.path!r} {' '.join(map(shown, node.names))})"
        case ast.Parameter():
            return node.name if node.default is None else f"{node.name}={shown(node.default)}"
        case ast.Block():
            return f"(block {node.name} ({' '.join(map(shown, node.parameters))}) {shown(node.body)})"
        case ast.Net():
            return f"(net {node.name} ({' '.join(map(shown, node.parameters))}) {node.label!r} {shown(node.body)})"
        case ast.Train():
            return f"(train {node.net} ({' '.join(map(shown, node.arguments))}) {node.label!r} {shown(node.body)})"
        case ast.File():
            return "\n".join(map(shown, node.items))
    raise AssertionError(f"no such node: {node!r}")
