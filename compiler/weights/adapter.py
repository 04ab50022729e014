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
from netc.compiler.weights.files import listed, read_tensors
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


def read_adapter(path: str | os.PathLike[str], net: Net) -> dict[str, Array]:
    """What an adapter adds to weights of a net, by their names.

    Raises DiagnosticError E550 a tensor is missing, E551 the net lacks a weight, E552 wrong shape, E553 no adapter.
    """
    tensors, metadata = read_tensors(path)
    file = os.fspath(path)
    shapes = {item.name: _shape(item.value.shape) for item in net.parameters}
    added: dict[str, Array] = {}
    findings: list[Diagnostic] = []
    for name, how in _adapters(metadata.get(ADAPTER_KEY), file).items():
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
            added[name] = how.formula(found, shapes[name])
    if findings:
        raise DiagnosticError(listed(findings))
    return added


def _parts(
    name: str, how: Adapter, shape: tuple[int, ...], tensors: Mapping[str, Array], file: str
) -> dict[str, Array] | Diagnostic:
    parts = {}
    for leaf, part in how.parts(shape).items():
        tensor = tensors.get(_called(name, leaf))
        if tensor is None:
            return Diagnostic(
                "E550", f"tensor `{_called(name, leaf)}` is missing in {file}", help="give the whole file"
            )
        if tensor.shape != part.shape:
            found, needed = format_shape(tensor.shape), format_shape(part.shape)
            message = f"tensor `{_called(name, leaf)}` has shape {found} in {file}, net needs {needed}"
            return Diagnostic("E552", message, help="give the net that the adapter was trained for")
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
