"""Whoever brings PyTorch's or Keras's lists finds each name by `netc explain`, or what to write in its place.

PyTorch's names are asked of PyTorch; Keras's stand in `keras_names.txt`. A name is declared, under its own word or in
another declaration's `also`, or a row of `declare/absent.py` says that there is none. A failure lists all that aren't.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from netc.cli import run
from netc.compiler.declare.absent import absent
from netc.compiler.declare.also import plain
from netc.compiler.elaborate.advice import REGISTRIES, advise

torch = pytest.importorskip("torch")

KINDS = {"layers": ("layer", "augmentation"), "losses": ("loss",), "optimizers": ("optimizer", "stop"),
         "schedules": ("schedule", "stop"), "metrics": ("metric",), "functions": ("layer", "loss", "metric"),
         "initializers": ("initializer",)}  # fmt: skip
"""What Keras counts among its layers may be an augmentation here."""


def classes(module: object, base: type) -> list[str]:
    found = inspect.getmembers(module, lambda item: inspect.isclass(item) and issubclass(item, base))
    return [name for name, _ in found if not name.startswith("_")]


def of_torch() -> dict[str, list[str]]:
    modules = classes(torch.nn, torch.nn.Module)
    losses = [name for name in modules if name.removesuffix("2d").endswith("Loss")]
    return {
        "layers": [name for name in modules if name not in losses],
        "losses": losses,
        "optimizers": classes(torch.optim, torch.optim.Optimizer),
        "functions": functions(torch.nn.functional),
        "initializers": [name for name in vars(torch.nn.init) if name.endswith("_") and not name.startswith("_")],
        "schedules": classes(torch.optim.lr_scheduler, torch.optim.lr_scheduler.LRScheduler),
    }


def functions(module: object) -> list[str]:
    """What one calls in a module of functions, less its helpers for types."""
    helpers = {"assert_int_or_pair", "boolean_dispatch", "handle_torch_function"}
    found = inspect.getmembers(module, lambda item: callable(item) and not inspect.isclass(item))
    return [name for name, item in found if not name.startswith("_") and name not in helpers
            and (item.__module__ or "torch").split(".")[0] == "torch" and not name.startswith("has_torch")]  # fmt: skip


def of_keras() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    lines = [line for line in Path(__file__).with_name("keras_names.txt").read_text().splitlines() if line[:1] != "#"]
    for line in lines:
        if line.startswith("["):
            words = found.setdefault(line.strip("[]"), [])
        else:
            words += line.split()
    return found


LISTS = [
    pytest.param(kind, names, id=f"{where} {kind}")
    for where, lists in (("PyTorch", of_torch()), ("Keras", of_keras()))
    for kind, names in lists.items()
]


def is_known(kind: str, name: str) -> bool:
    kinds = [one for one in KINDS[kind] if one in REGISTRIES]
    return any(REGISTRIES[one].called(name) is not None or plain(name) in absent(one) for one in kinds)


@pytest.mark.parametrize(("kind", "names"), LISTS)
def test_every_name_is_declared_or_named_as_absent(kind: str, names: list[str]) -> None:
    missing = [name for name in names if not is_known(kind, name)]
    assert not missing, f"{len(missing)} of {len(names)} {kind} are neither declared nor in absent.py: {missing}"


@pytest.mark.quick(1)
@pytest.mark.parametrize(("kind", "names"), LISTS)
def test_explain_finds_what_is_known(kind: str, names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for name in filter(lambda name: is_known(kind, name), names):
        assert run(["explain", name]) == 0, name
        assert len(capsys.readouterr().out) > 20, name


@pytest.mark.quick(2)
@pytest.mark.parametrize(("kind", "names"), LISTS)
def test_a_net_with_the_name_is_told_what_to_write(kind: str, names: list[str]) -> None:
    for name in filter(lambda name: is_known(kind, name), names):
        helps = [advise(one, name).help for one in KINDS[kind] if one in REGISTRIES]
        assert any(help.startswith(("use `", "this version has no")) for help in helps), (name, helps)


def test_the_lists_are_whole() -> None:
    torchs, keras = of_torch(), of_keras()
    assert len(torchs["layers"]) > 120
    assert len(torchs["losses"]) > 20
    assert len(torchs["optimizers"]) > 12
    assert len(torchs["schedules"]) > 12
    assert {kind: len(names) > 6 for kind, names in keras.items()} == dict.fromkeys(KINDS, True)
    assert len(torchs["functions"]) > 100
    assert all(len(set(names)) == len(names) for names in keras.values())
