"""A net's inputs: declared ones of a net on its own, and what flows into a net that is used as a layer."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from netc.compiler.elaborate import expects
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.resolve import in_sight
from netc.compiler.elaborate.scope import Ref
from netc.compiler.elaborate.static import StaticError, equal
from netc.compiler.elaborate.values import POISON, Several, Tensor, is_size, kind, spread
from netc.compiler.ir import BATCH, Builder, Dim, DType, Origin, Value, format_shape, is_batched, language_shape
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Label

DTYPES = {"float": DType.FLOAT32, "int": DType.INT64, "bytes": DType.UINT8, "bool": DType.BOOL}
LARGEST_SIZE = 1 << 31
"""Sizes are smaller: no runtime counts further along one axis."""
DIMENSION = re.compile(r"[A-Z][A-Z0-9_]*")


def split_inputs(definition: ast.Net) -> tuple[list[ast.InputDeclaration], list[ast.Statement]]:
    """A net's input declarations and the rest of its statements."""
    declared: list[ast.InputDeclaration] = []
    rest = list(definition.body.statements)
    while rest and isinstance(rest[0], ast.Input):
        declared += rest.pop(0).inputs  # type: ignore[union-attr]
    return declared, rest


def declare(frame: Frame, declarations: list[ast.InputDeclaration]) -> list[Any]:
    """Make the inputs of a net on its own."""
    made: list[Any] = []
    for declaration in declarations:
        shape = _shape(frame, declaration)
        value: Any = POISON
        if shape is not None:
            raw = Value(
                declaration.name, DTYPES[declaration.type], (BATCH, *shape), Origin(declaration.name, declaration.span)
            )
            frame.run.graph.inputs.append(raw)
            value = Tensor(_converted(frame, raw, declaration))
            frame.run.values[declaration.name] = value.value
        _enter(frame, declaration, value)
        made.append(value)
    return made


def _enter(frame: Frame, declaration: ast.InputDeclaration, value: Any) -> None:
    known = frame.env.names.get(declaration.name)
    if known is not None:
        frame.error("E205", f"`{declaration.name}` is bound already", declaration.name_span,
                    secondary=[Label(known.span, "first bound here")],
                    help="give the input another name; a name is bound once")  # fmt: skip
        return
    frame.env.bind(declaration.name, Ref(value, declaration.name_span, frame.training))


def _converted(frame: Frame, raw: Value, declaration: ast.InputDeclaration) -> Value:
    """Bytes in H x W x C order become floats from 0 to 1 in C x H x W order."""
    if declaration.type != "bytes":
        return raw
    b = Builder(frame.run.graph, Origin(declaration.name, declaration.span))
    value = b.Cast(raw, to=DType.FLOAT32)
    if len(raw.shape) == 4:
        value = b.Transpose(value, axes=(0, 3, 1, 2))
    result: Value = b.Div(value, 255.0)
    return result


def _shape(frame: Frame, declaration: ast.InputDeclaration) -> tuple[Any, ...] | None:
    """The declared sizes; unknown names in capitals become dimensions."""
    node = declaration.shape
    if node is None:
        return ()
    items = node.items if isinstance(node, ast.List) else (node,)
    sizes: list[Any] = []
    for item in items:
        if isinstance(item, ast.Name) and in_sight(frame, item.id) is None:
            size = _dimension(frame, item)
        else:
            size = frame.evaluate(item)
        if size is POISON:
            return None
        sizes += size if isinstance(size, tuple) else [size]
    for size in sizes:
        if not is_size(size) or (isinstance(size, int) and size < 1):
            frame.error(
                "E224",
                f"a shape has positive whole numbers, found {kind(size)}",
                node.span,
                help="write a shape as `3x224x224` or `[3, H, W]`, channels first and without the batch",
            )
            return None
        if isinstance(size, int) and size >= LARGEST_SIZE:
            frame.error("E135", "a size of this shape is too large", node.span,
                        help="sizes are below 2_147_483_648 (2^31)")  # fmt: skip
            return None
    return tuple(sizes)


def _dimension(frame: Frame, node: ast.Name) -> Any:
    if node.id == "N":
        frame.error("E219", "`N` is the batch, which shapes leave out", node.span,
                    help="write the shape of one example; another letter names another dimension")  # fmt: skip
        return POISON
    if not DIMENSION.fullmatch(node.id):
        frame.error(
            "E201",
            f"nothing is called `{node.id}`",
            node.span,
            "unknown size",
            help=_dimension_help(node.id),
        )
        return POISON
    size = Dim.symbol(node.id)
    frame.env.names[node.id] = Ref(size, node.span)
    return size


def _dimension_help(name: str) -> str:
    batch = re.fullmatch(r"([A-Za-z]|[Nn]one|batch)x(\d+(x\d+)*)", name)
    if batch:
        return f"leave the batch out: `{batch[2]}`"
    return f"write a new dimension in capitals: `{'T' if name == 'n' else name.upper()}`"


# ---------------------------------------------------------------- a net as a layer
def _way_in(definition: ast.Net, wanted: int, given: int) -> str:
    """How to give a net as many values as it takes."""
    if wanted > 1:
        return "give them as a list: `[a, b] -> net`"
    if wanted == 0:
        return f"declare an input at the top of `{definition.name}`: `input image: 1x28x28`"
    if given == 0:
        return f"begin a flow with a value: `x -> {definition.name}`"
    return f"give it one of them, or merge them: `[a, b] -> concat -> {definition.name}`"


def run_net_as_layer(frame: Frame, definition: ast.Net, flow: Any) -> Any:
    """Run a net inside another: its inputs are the flow, in order; its value is what it gives."""
    declarations, rest = split_inputs(definition)
    given = list(spread(flow)) if flow is not None else []
    if len(given) != len(declarations):
        names = ", ".join(f"`{declaration.name}`" for declaration in declarations)
        frame.error("E230", f"the net `{definition.name}` takes {counted(len(declarations), 'value')}, found "
                            f"{len(given)}",
                    frame.applied[-1], secondary=[Label(definition.name_span, f"its inputs: {names}")],
                    help=_way_in(definition, len(declarations), len(given)))  # fmt: skip
        return POISON
    made = [_unify(frame, declaration, value) for declaration, value in zip(declarations, given, strict=True)]
    frame.nested = True
    frame.input = frame.flow = made[0] if len(made) == 1 else None
    if any(value is POISON for value in made):
        return POISON
    frame.outputs = {}
    first = len(frame.run.layers)
    frame.run_body(replace(definition.body, statements=tuple(rest)))
    expects.check_block(frame, first)
    if frame.outputs:
        values = [Tensor(value) for value in frame.outputs.values()]
        return values[0] if len(values) == 1 else Several.of(values)
    return POISON if frame.flow is None else frame.flow


def _unify(frame: Frame, declaration: ast.InputDeclaration, given: Any) -> Any:
    if not isinstance(given, Tensor):
        _enter(frame, declaration, POISON)
        return POISON
    shape = _shape(frame, declaration)
    if shape is None:
        return POISON
    value = given.value
    b = Builder(frame.run.graph, Origin(frame.scope.path, frame.applied[-1]))
    if not is_batched(value):
        value = b.Expand(b.Reshape(value, shape=(1, *value.shape)), shape=(BATCH, *value.shape))
    found = language_shape(value)
    if declaration.type == "bytes" and value.dtype is not DType.UINT8 and len(shape) == 3:
        shape = (shape[2], shape[0], shape[1])
    if len(shape) != len(found) or not all(_fits(frame, want, have) for want, have in zip(shape, found, strict=True)):
        producer = [Label(value.origin.span, format_shape(found))] if value.origin.span else []
        frame.error("E301", f"the input `{declaration.name}` is {format_shape(shape)}, found {format_shape(found)}",
                    frame.applied[-1], secondary=[Label(declaration.span, "declared here"), *producer],
                    help="give a value of that shape, or leave sizes open: `[3, H, W]`")  # fmt: skip
        return POISON
    wanted = DTYPES[declaration.type]
    converted = value
    if declaration.type == "bytes":
        converted = _converted(frame, value, declaration) if value.dtype is DType.UINT8 else value
    elif value.dtype is not wanted:
        frame.error("E302", f"the input `{declaration.name}` is {declaration.type}, found {value.dtype}",
                    frame.applied[-1], secondary=[Label(declaration.span, "declared here")],
                    help="give a value of that type, or declare the input with the type of the value")  # fmt: skip
        return POISON
    result = Tensor(converted)
    _enter(frame, declaration, result)
    return result


def _fits(frame: Frame, want: Any, have: Any) -> bool:
    """Whether a size fits a declared one; a declared dimension takes the size that comes."""
    if isinstance(want, Dim):
        name = str(want)
        known = frame.env.names.get(name)
        if known is not None and known.value is want:
            frame.env.names[name] = Ref(have, known.span)
            return True
        if known is not None:
            want = known.value
    try:
        return equal(want, have)
    except StaticError:
        return False
