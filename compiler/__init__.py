"""The compiler: text of a `.net` file to Net, and Net to plain ONNX. What other packages use is listed here.

Names load on first use, so that light commands import neither numpy nor onnx.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netc.compiler.applications import Application, LayerInstance
    from netc.compiler.artifact import LOSS, MANIFEST_KEY, Artifact, Manifest, Port, initial_state, said
    from netc.compiler.augmentations.base import Augmentation
    from netc.compiler.build import (
        compile_backward,
        compile_gradients,
        compile_inference,
        compile_scorer,
        compile_training,
        compile_update,
    )  # fmt: skip
    from netc.compiler.declare.parameter import Parameter
    from netc.compiler.emit.external import ExternalData
    from netc.compiler.emit.initializers import read_initializers
    from netc.compiler.emit.places import Place, places
    from netc.compiler.facts.count import Totals, totals, training_flops
    from netc.compiler.facts.summary import summary
    from netc.compiler.ir import Graph, Node, Value
    from netc.compiler.lint import lint
    from netc.compiler.load import check, load, parse_setting
    from netc.compiler.net import Net
    from netc.compiler.ops import get_op
    from netc.compiler.options import PRECISIONS, Memory, Options, Precision
    from netc.compiler.plan.override import OUTSIDE, override, replaceable
    from netc.compiler.plan.terms import LossTerm
    from netc.compiler.plan.train_plan import StepPlan, TrainPlan
    from netc.compiler.targets.cpu.probe import probe_cpu
    from netc.compiler.targets.precision import probe_precision
    from netc.compiler.training.forward import by_batch_statistics, forward_graph
    from netc.compiler.training.loss_scaling import LOSS_SCALE, SMALLEST_SCALE
    from netc.compiler.training.ports import batch_ports
    from netc.compiler.weights.draw import initial_weight, initial_weights
    from netc.compiler.weights.files import fit, read_tensors, read_weights
    from netc.compiler.weights.state import fit_state

_HOMES = {
    "Application": "applications",
    "Artifact": "artifact",
    "Augmentation": "augmentations.base",
    "ExternalData": "emit.external",
    "Graph": "ir",
    "LayerInstance": "applications",
    "LOSS": "artifact",
    "LOSS_SCALE": "training.loss_scaling",
    "LossTerm": "plan.terms",
    "MANIFEST_KEY": "artifact",
    "Manifest": "artifact",
    "Memory": "options",
    "Net": "net",
    "Node": "ir",
    "OUTSIDE": "plan.override",
    "Options": "options",
    "PRECISIONS": "options",
    "Parameter": "declare.parameter",
    "Place": "emit.places",
    "Port": "artifact",
    "Precision": "options",
    "SMALLEST_SCALE": "training.loss_scaling",
    "Totals": "facts.count",
    "StepPlan": "plan.train_plan",
    "TrainPlan": "plan.train_plan",
    "Value": "ir",
    "batch_ports": "training.ports",
    "by_batch_statistics": "training.forward",
    "check": "load",
    "compile_backward": "build",
    "compile_gradients": "build",
    "compile_inference": "build",
    "compile_scorer": "build",
    "compile_training": "build",
    "compile_update": "build",
    "fit": "weights.files",
    "fit_state": "weights.state",
    "forward_graph": "training.forward",
    "get_op": "ops",
    "initial_state": "artifact",
    "initial_weight": "weights.draw",
    "initial_weights": "weights.draw",
    "lint": "lint",
    "load": "load",
    "override": "plan.override",
    "parse_setting": "load",
    "probe_cpu": "targets.cpu.probe",
    "probe_precision": "targets.precision",
    "places": "emit.places",
    "read_initializers": "emit.initializers",
    "read_tensors": "weights.files",
    "read_weights": "weights.files",
    "said": "artifact",
    "replaceable": "plan.override",
    "summary": "facts.summary",
    "totals": "facts.count",
    "training_flops": "facts.count",
}

__all__ = [
    "LOSS",
    "LOSS_SCALE",
    "MANIFEST_KEY",
    "OUTSIDE",
    "PRECISIONS",
    "SMALLEST_SCALE",
    "Application",
    "Artifact",
    "Augmentation",
    "ExternalData",
    "Graph",
    "LayerInstance",
    "LossTerm",
    "Manifest",
    "Memory",
    "Net",
    "Node",
    "Options",
    "Parameter",
    "Place",
    "Port",
    "Precision",
    "StepPlan",
    "Totals",
    "TrainPlan",
    "Value",
    "batch_ports",
    "by_batch_statistics",
    "check",
    "compile_backward",
    "compile_gradients",
    "compile_inference",
    "compile_scorer",
    "compile_training",
    "compile_update",
    "fit",
    "fit_state",
    "forward_graph",
    "get_op",
    "initial_state",
    "initial_weight",
    "initial_weights",
    "lint",
    "load",
    "override",
    "parse_setting",
    "places",
    "probe_cpu",
    "probe_precision",
    "read_initializers",
    "read_tensors",
    "read_weights",
    "replaceable",
    "said",
    "summary",
    "totals",
    "training_flops",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


class _Facade(ModuleType):
    """Importing `netc.compiler.load` would put the module where the function `load` is to be found; here it doesn't."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Facade
