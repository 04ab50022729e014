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
    from netc.compiler.artifact import (
        CARD_KEY,
        LOSS,
        MANIFEST_KEY,
        MANIFEST_VERSION,
        RUN_VERSION,
        Artifact,
        Manifest,
        ManifestForm,
        Port,
        read_manifest,
        said,
    )  # fmt: skip
    from netc.compiler.augmentations.base import Augmentation, Kind, Mixing
    from netc.compiler.augmentations.resize import Resize
    from netc.compiler.build import (
        compile_backward,
        compile_gradients,
        compile_inference,
        compile_probe,
        compile_scorer,
        compile_trace,
        compile_training,
        compile_update,
        opset_of,
    )  # fmt: skip
    from netc.compiler.check import check
    from netc.compiler.declare.parameter import Parameter
    from netc.compiler.elaborate.outside import parse_setting
    from netc.compiler.emit.external import ExternalData
    from netc.compiler.emit.part import without_taps
    from netc.compiler.emit.places import Place, places
    from netc.compiler.facts.count import Totals, totals, training_flops
    from netc.compiler.facts.summary import summary
    from netc.compiler.importing.foreign import check_file, check_model, closed_operator, read_model
    from netc.compiler.importing.importer import Imported
    from netc.compiler.importing.own import SOURCE_KEY, source_note
    from netc.compiler.ir import Graph, Node, Value, format_shape
    from netc.compiler.ir.open_sizes import in_words
    from netc.compiler.lint import lint
    from netc.compiler.load import load, load_model
    from netc.compiler.metrics.base import Figure
    from netc.compiler.metrics.tallies import Parts, Tallies, numbers_of, single
    from netc.compiler.model_checksum import beside_entry, metadata_entry, sealed_model
    from netc.compiler.net import Net
    from netc.compiler.ops import get_op
    from netc.compiler.options import PRECISIONS, Memory, Options, Precision
    from netc.compiler.plan.adopted import adopted
    from netc.compiler.plan.class_weights import check_decided, decided, provisional, undecided
    from netc.compiler.plan.maps import NameMap, below, shipped_map, shipped_maps
    from netc.compiler.plan.moving import adapted, check_moves, followed, frozen, matches
    from netc.compiler.plan.override import OUTSIDE, override, replaceable
    from netc.compiler.plan.penalties import penalties
    from netc.compiler.plan.start import Start
    from netc.compiler.plan.terms import LossTerm
    from netc.compiler.plan.train_plan import StepPlan, TrainPlan
    from netc.compiler.probes.terms import Along, Energy, Likeness, Term, Textures
    from netc.compiler.sources.keras.file import keras_source
    from netc.compiler.sources.parts import CannotWriteError
    from netc.compiler.sources.pytorch.file import pytorch_source
    from netc.compiler.targets.cpu.probe import probe_cpu
    from netc.compiler.targets.precision import probe_precision
    from netc.compiler.training.accumulation import FIRST, SHARE
    from netc.compiler.training.averaging import AVERAGE
    from netc.compiler.training.forward import by_batch_statistics, forward_graph
    from netc.compiler.training.loss_scaling import LOSS_SCALE, SMALLEST_SCALE
    from netc.compiler.training.ports import batch_ports
    from netc.compiler.training.scorer import unmeasured
    from netc.compiler.training.trunk import Cut, cut
    from netc.compiler.weights.adapter import adapter_file, read_adapter
    from netc.compiler.weights.draw import initial_weight, initial_weights
    from netc.compiler.weights.files import fit, read_tensors, read_weights
    from netc.compiler.weights.formats.safetensors_written import as_safetensors
    from netc.compiler.weights.report import Outcome, Report
    from netc.compiler.weights.source import Source, read_metadata, read_source
    from netc.compiler.weights.state import first_state, fit_state
    from netc.compiler.weights.taken import take

_HOMES = {
    "Application": "applications",
    "Artifact": "artifact",
    "Augmentation": "augmentations.base",
    "CannotWriteError": "sources.parts",
    "Kind": "augmentations.base",
    "Mixing": "augmentations.base",
    "Resize": "augmentations.resize",
    "Cut": "training.trunk",
    "ExternalData": "emit.external",
    "cut": "training.trunk",
    "Figure": "metrics.base",
    "Graph": "ir",
    "LayerInstance": "applications",
    "LOSS": "artifact",
    "LOSS_SCALE": "training.loss_scaling",
    "LossTerm": "plan.terms",
    "CARD_KEY": "artifact",
    "MANIFEST_KEY": "artifact",
    "Manifest": "artifact",
    "Memory": "options",
    "NameMap": "plan.maps",
    "Net": "net",
    "Node": "ir",
    "OUTSIDE": "plan.override",
    "Options": "options",
    "Outcome": "weights.report",
    "Report": "weights.report",
    "Source": "weights.source",
    "PRECISIONS": "options",
    "Parameter": "declare.parameter",
    "Parts": "metrics.tallies",
    "Place": "emit.places",
    "Port": "artifact",
    "Precision": "options",
    "SMALLEST_SCALE": "training.loss_scaling",
    "Totals": "facts.count",
    "StepPlan": "plan.train_plan",
    "Tallies": "metrics.tallies",
    "TrainPlan": "plan.train_plan",
    "Value": "ir",
    "batch_ports": "training.ports",
    "by_batch_statistics": "training.forward",
    "check": "check",
    "check_file": "importing.foreign",
    "check_model": "importing.foreign",
    "closed_operator": "importing.foreign",
    "Imported": "importing.importer",
    "load_model": "load",
    "SOURCE_KEY": "importing.own",
    "source_note": "importing.own",
    "check_decided": "plan.class_weights",
    "check_batch_norm": "training.trainable",
    "check_moves": "plan.moving",
    "check_moving": "training.trainable",
    "compile_backward": "build",
    "compile_gradients": "build",
    "compile_inference": "build",
    "compile_probe": "build",
    "compile_scorer": "build",
    "compile_trace": "build",
    "compile_training": "build",
    "compile_update": "build",
    "opset_of": "build",
    "decided": "plan.class_weights",
    "followed": "plan.moving",
    "frozen": "plan.moving",
    "adopted": "plan.adopted",
    "below": "plan.maps",
    "AVERAGE": "training.averaging",
    "FIRST": "training.accumulation",
    "SHARE": "training.accumulation",
    "Start": "plan.start",
    "fit": "weights.files",
    "fit_state": "weights.state",
    "format_shape": "ir",
    "forward_graph": "training.forward",
    "get_op": "ops",
    "adapted": "plan.moving",
    "adapter_file": "weights.adapter",
    "as_safetensors": "weights.formats.safetensors_written",
    "ManifestForm": "artifact",
    "MANIFEST_VERSION": "artifact",
    "RUN_VERSION": "artifact",
    "read_manifest": "artifact",
    "beside_entry": "model_checksum",
    "metadata_entry": "model_checksum",
    "sealed_model": "model_checksum",
    "first_state": "weights.state",
    "read_adapter": "weights.adapter",
    "Term": "probes.terms",
    "Textures": "probes.terms",
    "Likeness": "probes.terms",
    "Energy": "probes.terms",
    "Along": "probes.terms",
    "in_words": "ir.open_sizes",
    "initial_weight": "weights.draw",
    "initial_weights": "weights.draw",
    "lint": "lint",
    "matches": "plan.moving",
    "load": "load",
    "override": "plan.override",
    "parse_setting": "elaborate.outside",
    "keras_source": "sources.keras.file",
    "pytorch_source": "sources.pytorch.file",
    "probe_cpu": "targets.cpu.probe",
    "probe_precision": "targets.precision",
    "numbers_of": "metrics.tallies",
    "penalties": "plan.penalties",
    "places": "emit.places",
    "provisional": "plan.class_weights",
    "read_metadata": "weights.source",
    "read_model": "importing.foreign",
    "read_source": "weights.source",
    "read_tensors": "weights.files",
    "read_weights": "weights.files",
    "said": "artifact",
    "replaceable": "plan.override",
    "shipped_map": "plan.maps",
    "shipped_maps": "plan.maps",
    "single": "metrics.tallies",
    "summary": "facts.summary",
    "take": "weights.taken",
    "totals": "facts.count",
    "training_flops": "facts.count",
    "unmeasured": "training.scorer",
    "undecided": "plan.class_weights",
    "without_taps": "emit.part",
}

__all__ = [
    "AVERAGE",
    "CARD_KEY",
    "FIRST",
    "LOSS",
    "LOSS_SCALE",
    "MANIFEST_KEY",
    "MANIFEST_VERSION",
    "OUTSIDE",
    "PRECISIONS",
    "RUN_VERSION",
    "SHARE",
    "SMALLEST_SCALE",
    "SOURCE_KEY",
    "Along",
    "Application",
    "Artifact",
    "Augmentation",
    "CannotWriteError",
    "Cut",
    "Energy",
    "ExternalData",
    "Figure",
    "Graph",
    "Imported",
    "Kind",
    "LayerInstance",
    "Likeness",
    "LossTerm",
    "Manifest",
    "ManifestForm",
    "Memory",
    "Mixing",
    "NameMap",
    "Net",
    "Node",
    "Options",
    "Outcome",
    "Parameter",
    "Parts",
    "Place",
    "Port",
    "Precision",
    "Report",
    "Resize",
    "Source",
    "Start",
    "StepPlan",
    "Tallies",
    "Term",
    "Textures",
    "Totals",
    "TrainPlan",
    "Value",
    "adapted",
    "adapter_file",
    "adopted",
    "as_safetensors",
    "batch_ports",
    "below",
    "beside_entry",
    "by_batch_statistics",
    "check",
    "check_batch_norm",
    "check_decided",
    "check_file",
    "check_model",
    "check_moves",
    "check_moving",
    "closed_operator",
    "compile_backward",
    "compile_gradients",
    "compile_inference",
    "compile_probe",
    "compile_scorer",
    "compile_trace",
    "compile_training",
    "compile_update",
    "cut",
    "decided",
    "first_state",
    "fit",
    "fit_state",
    "followed",
    "format_shape",
    "forward_graph",
    "frozen",
    "get_op",
    "in_words",
    "initial_weight",
    "initial_weights",
    "keras_source",
    "lint",
    "load",
    "load_model",
    "matches",
    "metadata_entry",
    "numbers_of",
    "opset_of",
    "override",
    "parse_setting",
    "penalties",
    "places",
    "probe_cpu",
    "probe_precision",
    "provisional",
    "pytorch_source",
    "read_adapter",
    "read_manifest",
    "read_metadata",
    "read_model",
    "read_source",
    "read_tensors",
    "read_weights",
    "replaceable",
    "said",
    "sealed_model",
    "shipped_map",
    "shipped_maps",
    "single",
    "source_note",
    "summary",
    "take",
    "totals",
    "training_flops",
    "undecided",
    "unmeasured",
    "without_taps",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


class _Facade(ModuleType):
    """Importing `netc.compiler.load` would put the module where the function `load` is to be found; not here."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Facade
