"""The file: classes from the innermost to the net, what they need, a loader of weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node, Value
from netc.compiler.net import Net
from netc.compiler.sources.names import PYTHON, Names
from netc.compiler.sources.parts import Owner, Part, Twin
from netc.compiler.sources.pytorch.functions import WORDS
from netc.compiler.sources.pytorch.helpers import HELPERS
from netc.compiler.sources.pytorch.modules import TWINS
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.text import Form, classes_text, heading, needed
from netc.compiler.sources.words import filled as filled_names

MEMBERS = frozenset((
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "build", "call", "call_super_init", "children",
    "compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer",
    "get_extra_state", "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules", "mtia",
    "named_buffers", "named_children", "named_modules", "named_parameters", "parameters", "register_buffer",
    "register_module", "register_parameter", "requires_grad_", "set_extra_state", "set_submodule", "share_memory",
    "state_dict", "to", "to_empty", "train", "training", "type", "xpu", "zero_grad",
))  # fmt: skip
"""Names that modules have for something else."""

FORM = Form("nn.Module", "nn.Module", "forward", ("nn.ModuleList([", "])"), ("nn.Sequential(", ")"))


class PyTorch:
    """What PyTorch says of layers and operators."""

    names = Names(MEMBERS, frozenset(("torch", "F", "nn", *HELPERS)))

    def twin(self, part: Part, layer: LayerInstance) -> Twin | None:
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

    def tensor(self, member: str, owner: Owner, value: Value) -> str:
        """See Language."""
        return f"{member}.{owner.leaf}" if owner.word else f'{member}["{owner.leaf}"]'

    def chained(self, member: str, x: str) -> str:
        """See Language."""
        return f"{member}({x})"


def pytorch_source(net: Net) -> str:
    """A net as the text of a Python file: modules with their forward, and `load_weights`.

    The names in its state_dict are those of our weight files. Raises CannotWriteError.
    """
    text = classes_text(net, PyTorch(), FORM)
    helpers = needed(HELPERS, [text.body])
    imports = (
        "import torch\nimport torch.nn.functional as F\nfrom safetensors.torch import load_file\nfrom torch import nn"
    )
    if not re.search(r"\bF\.", text.body + "".join(helpers)):
        imports = imports.replace("import torch.nn.functional as F\n", "")
    if not re.search(r"\btorch\.", text.body + "".join(helpers)):
        imports = imports.replace("import torch\n", "")
    taken = MEMBERS | PYTHON
    renamed = sorted({name for item in net.parameters for name in item.name.split(".") if name in taken})
    loader = LOADER.replace("NET", text.top)
    if text.partly:
        loader = loader.replace(LOADED, LOADED_IN_PART)
    if renamed:
        loader = loader.replace(
            "load_file(path)", "{_renamed(name): tensor for name, tensor in load_file(path).items()}"
        )
        loader += '\n\n\ndef _renamed(name):\n    """Names that modules have for something else end in `_`."""\n'
        loader += (
            f'    return ".".join(f"{{part}}_" if part in {tuple(renamed)!r} else part for part in name.split("."))'
        )
    return "\n\n\n".join([f"{heading(net, 'PyTorch')}\n\n{imports}", *helpers, text.body, loader]) + "\n"


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
