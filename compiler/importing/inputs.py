"""The inputs of a foreign graph: the batch in front, open sizes by names in capitals."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.flows import Flow
from netc.compiler.importing.lowering import Lowering
from netc.compiler.importing.records import ForeignGraph, ForeignNode
from netc.compiler.ir import BATCH, Dim, DType, Size, Value

Shape = tuple[int | str | None, ...]


def declare_inputs(g: Lowering, foreign: ForeignGraph, nodes: Sequence[ForeignNode]) -> None:
    """Add the inputs that `nodes` or outputs read, and say which size the batch has."""
    sizes: dict[str, Dim] = {}
    fixed: set[int] = set()
    names: set[str] = set()
    read = {name for node in nodes for name in node.reads} | set(foreign.outputs)
    shapes = [item.shape for item in foreign.inputs if item.name in read and item.shape]
    for item in foreign.inputs:
        if item.name not in read:
            g.note(f"nothing reads the input `{item.name}`, which was left out")
            continue
        if item.shape is None:
            raise unsupported(f"input `{item.name}` has no shape", "export it with the shapes of its inputs")
        if not item.shape:
            raise unsupported(
                f"input `{item.name}` is one number for the whole batch",
                f"say which it is: `--given {item.name}=…`; the text then has it as a constant",
            )
        batch = _batch_axis(item.shape, shapes)
        first = item.shape[batch]
        if isinstance(first, int) and first > 0:
            fixed.add(first)
        elif isinstance(first, str):
            sizes[first] = BATCH
        shape: list[Size] = [BATCH]
        for axis, size in enumerate(item.shape):
            if axis == batch:
                continue
            if isinstance(size, int) and size > 0:
                shape.append(size)
            else:
                key = str(size or f"{item.name}.{axis}")
                shape.append(
                    sizes.setdefault(key, Dim.symbol(_capitals(size, axis, len(item.shape), names), divisor=g.divisor))
                )
        value = Value(item.name, DType(item.dtype), tuple(shape))
        g.graph.inputs.append(value)
        rest = iter(range(1, len(shape)))
        g.known[item.name] = Flow(value, tuple((0,) if axis == batch else (next(rest),) for axis in range(len(shape))))
        if batch:
            g.batch_axes[item.name] = batch
            g.note(f"the input `{item.name}` has the batch as axis {batch} in the model, here it is axis 0")
    if len(fixed) == 1 and BATCH not in sizes.values():
        g.batch = fixed.pop()
    elif fixed:
        raise unsupported("its inputs have batches of different sizes", "export it with a batch of one size")


def _batch_axis(shape: Shape, shapes: Sequence[Shape]) -> int:
    """Which axis the batch is: by its name, else the first, or the first that is as long as the first input's first."""
    for axis, size in enumerate(shape):
        if isinstance(size, str) and size.lower() in ("n", "b", "batch", "batch_size", "batchsize", "bs"):
            return axis
    wanted = _known(shapes[0][0])
    return next((axis for axis, size in enumerate(shape) if _known(size) == wanted), 0)


def _known(size: int | str | None) -> int:
    """A size, 0 for an open one."""
    return size if isinstance(size, int) else 0


def _capitals(name: object, axis: int, rank: int, taken: set[str]) -> str:
    """A name in capitals for an open size: what the model calls it where that is a word, else by its place."""
    letters = "".join(character for character in str(name or "").upper() if character.isascii() and character.isalnum())
    usual = {2: "F", 3: "TF", 4: "CHW", 5: "CDHW"}.get(rank, "ABCDEFG")
    wanted = letters if letters[:1].isalpha() and letters != "N" else usual[axis - 1]
    found, count = wanted, 1
    while found in taken:
        count += 1
        found = f"{wanted}{count}"
    taken.add(found)
    return found
