"""How declarations are shown: in `docs/layers.md` and by `netc explain`."""

from __future__ import annotations

import re

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import ArgumentSpec, ArgumentType, Boolean, Optional_, describe
from netc.compiler.declare.axes import Axes
from netc.compiler.declare.declared import Declared
from netc.compiler.declare.extents import Extent, Pad, Sizes
from netc.compiler.declare.lists import Connections, Numbers
from netc.compiler.declare.references import DeclaredType, LayerType, TensorType
from netc.compiler.layers.base import MANY, Layer
from netc.compiler.layers.of_weights import SPECS
from netc.compiler.losses.base import Loss
from netc.compiler.metrics.base import Metric

SHORT_NAMES: dict[type[ArgumentType], str] = {
    Axes: "a list of axes",
    Boolean: "`true` or `false`",
    Connections: "lists of channels",
    DeclaredType: "an initializer",
    Extent: "sizes",
    LayerType: "a layer",
    Numbers: "numbers",
    Pad: "a padding",
    Sizes: "a shape",
    TensorType: "a tensor",
}


def call_of(definition: type[Declared]) -> str:
    """How a declaration is called: all arguments, with their defaults."""
    specs = [spec for spec in definition.arguments.values() if spec.name not in SPECS]
    shown = [spec.name if spec.required else f"{spec.name}={default_of(spec)}" for spec in specs]
    if issubclass(definition, (Loss, Metric)):
        shown[:0] = [place.name for place in definition.places]
    elif issubclass(definition, Layer) and definition.inputs[1] > 1:
        leading = sum(spec.leading for spec in specs)
        shown.insert(leading, "b" if definition.inputs[1] < MANY else "b, …")
    if definition.open_arguments is not None:
        shown.append("…=…")
    return f"{definition.word}({', '.join(shown)})" if shown else definition.word


def takes(kind: ArgumentType) -> str:
    """What an argument's type takes, in a word or two."""
    if isinstance(kind, Optional_):
        return f"{takes(kind.inner)} or `none`"
    return SHORT_NAMES.get(type(kind), kind.name)


def default_of(spec: ArgumentSpec) -> str:
    """An argument's default as one writes it."""
    value = spec.default
    return f"{value:g}".replace("e-0", "e-") if isinstance(value, float) else describe(value)


def names_elsewhere(definition: type[Declared]) -> list[str]:
    """What other frameworks call a declaration, of the names for 1, 2 or 3 axes the one for 2."""
    names = [also.name if isinstance(also, Also) else Also(also).name for also in definition.also]
    return [re.sub(r"N(?=[dD]$)", "2", name) for name in names]
