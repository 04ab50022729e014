"""Adapters in files of their own: what was trained beside weights that stayed, and nothing of those.

Tensors are called as PEFT calls them, behind the layer: `attn.in_proj.lora_A.weight`, `hidden.lora_B.weight`. The
metadata says how each weight is adapted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from netc.compiler.adapters.base import Adapter, adapter
from netc.compiler.declare.recalled import recalled
from netc.compiler.ir import format_shape
from netc.compiler.net import Net
from netc.compiler.plan.moving import adapted
from netc.compiler.plan.settings import call_as_json
from netc.compiler.plan.train_plan import TrainPlan
from netc.compiler.weights.files import check_finite, listed, read_tensors
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.grammar.documents import opened

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

ADAPTER_KEY = "netc.adapter"
"""The key of a file's metadata with weights and how they are adapted: `{"hidden.weight": {"name": "lora", …}}`."""


def adapter_file(net: Net, plan: TrainPlan, state: Callable[[str], Array]) -> tuple[dict[str, Array], dict[str, str]]:
    """The tensors of a plan's adapters, of which `state` gives each by its name, and the metadata of their file."""
    chosen = adapted(net.parameters, plan)
    shapes = {item.name: _shape(item.value.shape) for item in net.parameters}
    tensors = {
        _called(name, leaf): state(f"{name}.{leaf}") for name, how in chosen.items() for leaf in how.parts(shapes[name])
    }
    return tensors, {ADAPTER_KEY: json.dumps({name: call_as_json(how) for name, how in chosen.items()})}


def add_adapter(path: str | os.PathLike[str], net: Net, weight: Callable[[str], Array]) -> dict[str, Array]:
    """The weights of a net that an adapter changes, by their names, with what it adds to them.

    weight  gives a weight as it is without the adapter, by its name

    Raises DiagnosticError E550 a tensor is missing, E551 the net lacks a weight, E552 wrong shape, E553 no adapter,
    E554 no floats, E568 NaN or infinite, in the file or in the sum.
    """
    import numpy as np

    tensors, metadata = read_tensors(path)
    file = os.fspath(path)
    shapes = {item.name: _shape(item.value.shape) for item in net.parameters}
    adapters = _adapters(metadata.get(ADAPTER_KEY), file)
    parts: dict[str, dict[str, Array]] = {}
    findings: list[Diagnostic] = []
    for name, how in adapters.items():
        if name not in shapes:
            help = did_you_mean(name, shapes) or "give the net that the adapter was trained for"
            findings.append(
                Diagnostic("E551", f"{file} adapts `{name}`, which net `{net.name}` doesn't have", help=help)
            )
            continue
        found = _parts(name, how, shapes[name], tensors, file)
        if isinstance(found, Diagnostic):
            findings.append(found)
        else:
            parts[name] = found
    if findings:
        raise DiagnosticError(listed(findings))
    check_finite({_called(name, leaf): part for name, each in parts.items() for leaf, part in each.items()}, file)
    sums: dict[str, Array] = {}
    with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is looked at below
        for name, each in parts.items():
            before = weight(name)
            sums[name] = (before + adapters[name].formula(each, shapes[name])).astype(before.dtype)
    check_finite(sums, f"the net with {file}")
    return sums


def _parts(
    name: str, how: Adapter, shape: tuple[int, ...], tensors: Mapping[str, Array], file: str
) -> dict[str, Array] | Diagnostic:
    import numpy as np

    parts = {}
    for leaf, part in how.parts(shape).items():
        called = _called(name, leaf)
        tensor = tensors.get(called)
        if tensor is None:
            return Diagnostic("E550", f"tensor `{called}` is missing in {file}", help="give the whole file")
        if tensor.shape != part.shape:
            found, needed = format_shape(tensor.shape), format_shape(part.shape)
            message = f"tensor `{called}` has shape {found} in {file}, net needs {needed}"
            return Diagnostic("E552", message, help="give the net that the adapter was trained for")
        if not np.issubdtype(tensor.dtype, np.floating):
            message = f"tensor `{called}` holds {tensor.dtype} in {file}, an adapter needs floats"
            return Diagnostic("E554", message, help="give the file as netc wrote it")
        parts[leaf] = tensor
    return parts


def _adapters(text: str | None, file: str) -> dict[str, Adapter]:
    try:
        said: dict[str, Any] = opened(text or "", dict[str, Any])
        return {weight: recalled(adapter, call) for weight, call in said.items()}
    except ValueError:
        help = "give the adapter.safetensors of a run whose section has `adapt`"
        message = f"cannot read the adapter in {file}: it says of no weight how it is adapted"
        raise DiagnosticError(Diagnostic("E553", message, help=help)) from None


def _called(weight: str, leaf: str) -> str:
    """`hidden.weight` and `attn.in_proj_weight` as `hidden.lora_A.weight` and `attn.in_proj.lora_A.weight`."""
    return f"{weight.removesuffix('weight').rstrip('._')}.{leaf}.weight"


def _shape(shape: Any) -> tuple[int, ...]:
    return tuple(size for size in shape if isinstance(size, int))
