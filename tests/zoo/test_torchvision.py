"""Where torchvision has a net of the zoo: the same tensors, multiply-accumulates and answers from the same weights."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from _pytest.mark import ParameterSet
from safetensors.torch import save_file
from theirs import answers, draw, made, multiply_accumulates, same_answers, shapes
from torchvision.models import list_models

import netc
from netc.compiler.facts.count import count
from netc.compiler.ir import Size, Value
from netc.compiler.ir.dims import BATCH, Symbol, substitute, symbols
from netc.compiler.net import Net
from netc.compiler.zoo.catalogue import Entry, catalogue
from netc.compiler.zoo.listing import load_entry
from netc.compiler.zoo.reference import NOT_COVERED
from netc.runtime.folder.initial import read_initial

ENTRIES = [entry for entry in catalogue() if entry.torchvision is not None]
QUICK = {"resnet18", "squeezenet1_1", "mobilenet_v3_small", "shufflenet_v2_x0_5", "mnasnet0_5", "efficientnet_b0",
         "regnet_y_400mf"}  # fmt: skip
"""Whose answers are compared each time."""
FIRST = {entry.family: entry.name for entry in reversed(ENTRIES)}.values()
"""One of each family, whose multiply-accumulates are counted each time."""


def some(quick: Collection[str]) -> list[ParameterSet]:
    """All nets that torchvision has, of which those that are not quick are slow."""
    return [pytest.param(entry, id=entry.name, marks=() if entry.name in quick else pytest.mark.slow)
            for entry in ENTRIES]  # fmt: skip


LARGE = {*(f"efficientnet_b{size}" for size in (5, 6, 7)), "deeplabv3_resnet101", "fcn_resnet101"}
"""Nets that smaller ones of their family stand for where whole nets are run; their tensors are compared too."""
MAP = 136
"""The size of the images that segmentations are compared on: whatever it is, these nets have the same weights."""
OPEN = 64
"""What a size becomes that a text leaves open, or the next larger one that the text allows."""


def sizes(net: Net, batch: int) -> dict[Symbol, int]:
    """A number for every symbol in the shapes of the inputs."""
    opened = {symbol for value in net.inputs for size in value.shape for symbol in symbols(size)}
    found = {symbol: -(-max(OPEN, symbol.minimum) // symbol.divisor) * symbol.divisor for symbol in opened}
    return found | dict.fromkeys(symbols(BATCH), batch)


def shape(value: Value, numbers: dict[Symbol, int]) -> tuple[int, ...]:
    return tuple(int(substitute(size, numbers)) for size in value.shape)


def test_the_page_says_what_the_zoo_lacks() -> None:
    here = {str(entry.torchvision).rpartition(".")[2] for entry in ENTRIES}
    lacking = {name for names in NOT_COVERED.values() for name in names}
    assert not here & lacking
    assert here | lacking >= set(list_models())


@pytest.mark.quick(2)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_tensors(entry: Entry) -> None:
    net, module = load_entry(entry), made(entry, "meta")
    layers = [layer for layer in net.layers if entry.training or not layer.training_only]
    ours = {parameter.name: parameter.value.shape for layer in layers for parameter in layer.parameters}
    theirs = {entry.maps[entry.map](name): size for name, size in shapes(module).items()}
    assert {name: size for name, size in theirs.items() if name is not None} == ours


@pytest.mark.quick(1)
@pytest.mark.parametrize("entry", some(FIRST))
def test_multiply_accumulates(entry: Entry) -> None:
    net, module = load_entry(entry), made(entry, "meta")
    numbers = sizes(net, batch=1)
    inputs = {value.name: shape(value, numbers) for value in net.inputs}
    assert substitute(counted(net, module), numbers) == multiply_accumulates(module, inputs)


def counted(net: Net, module: torch.nn.Module) -> Size:
    """Ours, as theirs are counted: with the auxiliary map that theirs always makes."""
    both = getattr(module, "aux_classifier", None) is not None
    return count(layer for layer in net.layers if both or not layer.training_only).flops


@pytest.mark.quick(1)
@pytest.mark.parametrize("entry", [one for one in some(QUICK) if one.id not in LARGE])
def test_equal_weights_give_equal_answers(entry: Entry, tmp_path: Path) -> None:
    """PyTorch in float64 is the reference; in float32 it says how much of a deep net's answer is rounding."""
    torch.manual_seed(0)
    size = {"size": MAP} if str(entry.torchvision).startswith("segmentation.") else {}
    net, module = load_entry(replace(entry, set={**entry.set, **size})), made(entry)
    numbers, random = sizes(net, batch=2), np.random.default_rng(0)
    inputs = {value.name: random.standard_normal(shape(value, numbers)).astype(np.float32) for value in net.inputs}
    given = list(map(torch.tensor, inputs.values()))
    draw(module, given)
    save_file(module.state_dict(), tmp_path / "theirs.safetensors")
    weights = read_initial(tmp_path / "theirs.safetensors", net, map=entry.map, partial=not entry.training).weights
    model = netc.Model(net, device="cpu")
    model.load_state_dict(weights, strict=entry.training)
    found = list(model.run(inputs).values())
    with torch.no_grad():
        rounded = answers(module, *given)
        exact = answers(module.double(), *(item.double() for item in given))
    assert exact
    for ours, theirs, wanted in zip(found, rounded, exact, strict=False):  # what only training uses, they don't give
        same_answers(ours, theirs.numpy(), wanted.numpy())
