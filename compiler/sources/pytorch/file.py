"""The file: classes from the innermost to the net, what they need, a loader of weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node, Value
from netc.compiler.net import Net
from netc.compiler.sources.classes import Class, Run, Written, classes, filled
from netc.compiler.sources.lines import written
from netc.compiler.sources.parts import TAKEN, CannotWriteError, Leaf, Part, Parts, attribute
from netc.compiler.sources.pytorch.functions import WORDS
from netc.compiler.sources.pytorch.modules import TWINS
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.words import filled as filled_names


class PyTorch:
    """What PyTorch says of layers and operators."""

    def twin(self, part: Part, layer: LayerInstance) -> tuple[str, int, Value, Value] | None:
        """See Language."""
        made = TWINS.get(layer.word)
        return None if made is None or not layer.nodes else made(part, layer)

    def bag(self, part: Part, tensors: Mapping[str, Value]) -> str:
        """See Language."""
        shown = ", ".join(
            f'"{name}": ({", ".join(part.mark("size", size) for size in value.shape)}{"," if value.rank == 1 else ""})'
            for name, value in tensors.items()
        )
        return f"Tensors({{{shown}}})"

    def expression(
        self, part: Part, node: Node, known: Sequence[Value]
    ) -> tuple[tuple[Value, ...], Callable[[Sequence[str]], str]]:
        """See Language."""
        sizes = Sizes(part, node, known)
        text = WORDS.expression(node, sizes)
        return tuple(sizes.asked), lambda names: filled_names(text, names)

    def tensor(self, member: str, leaf: str, in_bag: bool) -> str:
        """See Language."""
        return f'{member}["{leaf}"]' if in_bag else f"{member}.{leaf}"


def pytorch_source(net: Net) -> str:
    """A net as the text of a Python file: modules with their forward, and `load_weights`.

    The names in its state_dict are those of our weight files. Raises CannotWriteError.
    """
    parts = Parts(net, PyTorch())
    part = parts.root()
    foreign = next((value for value in part.inputs if value not in net.inputs), None)
    if foreign is not None:
        raise CannotWriteError(f"{foreign.name}, which one part holds and another reads")
    part.inputs = tuple(net.inputs)
    part.outputs = tuple(parts.real(value) for value in net.outputs.values())
    root = written(part)
    found = classes(root, class_title(net.name))
    body = "\n\n\n".join(_class(made, found) for made in dict.fromkeys(found.values()))
    helpers = [text for word, text in HELPERS.items() if re.search(rf"\b{word}\(", body)]
    top = found[id(root)].name
    shown = ", ".join(f"{value.name} [{', '.join(map(str, value.shape))}]" for value in net.inputs)
    head = f'"""{net.name}{f": {net.label}" if net.label else ""}, in PyTorch. Takes {shown}."""'
    imports = (
        "import torch\nimport torch.nn.functional as F\nfrom safetensors.torch import load_file\nfrom torch import nn"
    )
    if not re.search(r"\bF\.", body + "".join(helpers)):
        imports = imports.replace("import torch.nn.functional as F\n", "")
    if not re.search(r"\btorch\.", body + "".join(helpers)):
        imports = imports.replace("import torch\n", "")
    renamed = sorted({name for item in net.parameters for name in item.name.split(".") if name in TAKEN})
    loader = LOADER.replace("NET", top)
    read = {value for node in parts.needed for value in node.inputs} | set(net.outputs.values())
    if any(item.value not in read for item in net.parameters):
        loader = loader.replace(LOADED, LOADED_IN_PART)
    if renamed:
        loader = loader.replace(
            "load_file(path)", "{_renamed(name): tensor for name, tensor in load_file(path).items()}"
        )
        loader += '\n\n\ndef _renamed(name):\n    """Names that modules have for something else end in `_`."""\n'
        loader += (
            f'    return ".".join(f"{{part}}_" if part in {tuple(renamed)!r} else part for part in name.split("."))'
        )
    return "\n\n\n".join([f"{head}\n\n{imports}", *helpers, body, loader]) + "\n"


def class_title(name: str) -> str:
    """A net's name as a class has it."""
    return name[:1].upper() + name[1:]


LOADER = '''\
def load_weights(path="model.safetensors"):
    """The network with weights from a file, ready to be used."""
    network = NET()
    network.load_state_dict(load_file(path))
    return network.eval()'''

LOADED = "    network.load_state_dict(load_file(path))\n"
LOADED_IN_PART = """\
    missing, _ = network.load_state_dict(load_file(path), strict=False)  # the others are for training alone
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}")
"""

HELPERS = {
    "scan": '''\
def scan(step, states, sequences, captured, *, reverse):
    """A step for each element along the first axis; the last states, then all results."""
    elements, results = list(zip(*sequences, strict=True)), []
    for element in reversed(elements) if reverse else elements:
        made = step(*states, *element, *captured)
        states = made[: len(states)]
        results.append(made[len(states) :])
    if reverse:
        results.reverse()
    return *states, *map(torch.stack, zip(*results, strict=True))''',
    "Tensors": '''\
class Tensors(nn.Module):
    """Tensors by their names in the weight file."""

    def __init__(self, shapes):
        super().__init__()
        for name, shape in shapes.items():
            module, *parts = self, *name.split(".")
            for part in parts[:-1]:
                if part not in module._modules:
                    module.add_module(part, nn.Module())
                module = module.get_submodule(part)
            module.register_parameter(parts[-1], nn.Parameter(torch.zeros(shape)))

    def __getitem__(self, name):
        return self.get_parameter(name)''',
    "drop": '''\
def drop(x, rate, training):
    """In training, whole examples become zero at this rate."""
    return x * F.dropout(x.new_ones(len(x), *[1] * (x.dim() - 1)), rate, training)''',
    "recurrent": '''\
def recurrent(function, x, states, weights, *more, reverse):
    """A recurrent layer over the first axis: all outputs, then the last states."""
    y, *last = function(x.flip(0) if reverse else x, states, weights, *more)
    return y.flip(0) if reverse else y, *(state[0] for state in last)''',
}


def _class(made: Class, found: Mapping[int, Class]) -> str:
    item = made.first
    head = f"class {made.name}(nn.Module):"
    lines = [head, f"    def __init__({', '.join(['self', *made.arguments])}):", "        super().__init__()"]
    run = [filled(line, made, running=True) for line in item.lines]
    kept = [name for name in made.arguments if any(re.search(rf"\bself\.{name}\b", line) for line in run)
            and name not in item.holds]  # fmt: skip
    lines += [f"        self.{name} = {name}" for name in kept]
    for name, held in item.holds.items():
        lines.append(f"        self.{attribute(name)} = {_held(name, held, made, found)}")
    lines = [*lines, ""] if len(lines) > 3 else [head]
    lines += [f"    def forward({', '.join(['self', *item.takes])}):"]
    lines += [f"        {line}" for line in run]
    return "\n".join(lines)


def _held(name: str, held: Leaf | Written | list[Run], made: Class, found: Mapping[int, Class]) -> str:
    if not isinstance(held, list):
        return _made(held, made, found)
    parts = []
    for run in held:
        text = _made(run.child, made, found)
        count = "1" if run.slot is None else made.column(run.slot)
        if count == "1":
            parts.append(text)
        else:
            parts.append(f"*[{text} for _ in range({count})]")
    if name in made.first.chained:
        inner = ", ".join(parts)
        return f"nn.Sequential({inner})" if len(inner) < 80 else _long("nn.Sequential(", parts, ")")
    inner = ", ".join(parts)
    return f"nn.ModuleList([{inner}])" if len(inner) < 80 else _long("nn.ModuleList([", parts, "])")


def _long(start: str, parts: Sequence[str], end: str) -> str:
    return "\n".join([start, *(f"            {part}," for part in parts), f"        {end}"])


def _made(held: Leaf | Written, made: Class, found: Mapping[int, Class]) -> str:
    if isinstance(held, Leaf):
        return filled(held.made, made)
    inner, offset = found[id(held)], made.first.offsets[id(held)]
    return f"{inner.name}({', '.join(made.column(offset + at) for at in inner.arguments.values())})"
