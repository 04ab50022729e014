"""The compiler: text of a `.net` file to Net, and Net to plain ONNX. What other packages use is listed here.

Names load on first use, so that light commands import neither numpy nor onnx.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netc.compiler.applications import Application as Application, LayerInstance as LayerInstance
    from netc.compiler.artifact import (
        CARD_KEY as CARD_KEY,
        LOSS as LOSS,
        MANIFEST_KEY as MANIFEST_KEY,
        MANIFEST_VERSION as MANIFEST_VERSION,
        RUN_VERSION as RUN_VERSION,
        Artifact as Artifact,
        LabelRowForm as LabelRowForm,
        Manifest as Manifest,
        ManifestForm as ManifestForm,
        Port as Port,
        read_manifest as read_manifest,
        said as said,
    )
    from netc.compiler.augmentations.base import Augmentation as Augmentation, Kind as Kind, Mixing as Mixing
    from netc.compiler.augmentations.resize import Resize as Resize
    from netc.compiler.build import (
        compile_backward as compile_backward,
        compile_gradients as compile_gradients,
        compile_inference as compile_inference,
        compile_probe as compile_probe,
        compile_scorer as compile_scorer,
        compile_trace as compile_trace,
        compile_training as compile_training,
        compile_update as compile_update,
        opset_of as opset_of,
    )
    from netc.compiler.check import check as check
    from netc.compiler.declare.parameter import Parameter as Parameter
    from netc.compiler.elaborate.outside import parse_setting as parse_setting
    from netc.compiler.emit.external import ExternalData as ExternalData
    from netc.compiler.emit.part import without_taps as without_taps
    from netc.compiler.emit.places import Place as Place, places as places
    from netc.compiler.facts.count import Totals as Totals, totals as totals, training_flops as training_flops
    from netc.compiler.facts.summary import summary as summary
    from netc.compiler.importing.foreign import (
        check_file as check_file,
        check_model as check_model,
        closed_operator as closed_operator,
        read_model as read_model,
    )
    from netc.compiler.importing.importer import Imported as Imported
    from netc.compiler.importing.own import SOURCE_KEY as SOURCE_KEY, source_note as source_note
    from netc.compiler.ir import Graph as Graph, Node as Node, Value as Value, format_shape as format_shape
    from netc.compiler.ir.open_sizes import size_in as size_in, unmet as unmet
    from netc.compiler.lint import lint as lint
    from netc.compiler.load import load as load, load_model as load_model
    from netc.compiler.metrics.base import Figure as Figure, metric as metric
    from netc.compiler.metrics.tallies import (
        Parts as Parts,
        Tallies as Tallies,
        numbers_of as numbers_of,
        single as single,
    )
    from netc.compiler.model_checksum import (
        beside_entry as beside_entry,
        metadata_entry as metadata_entry,
        sealed_model as sealed_model,
    )
    from netc.compiler.net import Net as Net
    from netc.compiler.ops import get_op as get_op
    from netc.compiler.options import (
        PRECISIONS as PRECISIONS,
        Memory as Memory,
        Options as Options,
        Precision as Precision,
    )
    from netc.compiler.plan.adopted import adopted as adopted
    from netc.compiler.plan.class_weights import (
        check_decided as check_decided,
        decided as decided,
        provisional as provisional,
        undecided as undecided,
    )
    from netc.compiler.plan.maps import (
        NameMap as NameMap,
        below as below,
        shipped_map as shipped_map,
        shipped_maps as shipped_maps,
    )
    from netc.compiler.plan.moving import (
        adapted as adapted,
        check_moves as check_moves,
        followed as followed,
        frozen as frozen,
        matches as matches,
    )
    from netc.compiler.plan.override import OUTSIDE as OUTSIDE, override as override, replaceable as replaceable
    from netc.compiler.plan.penalties import penalties as penalties
    from netc.compiler.plan.start import Start as Start
    from netc.compiler.plan.terms import LossTerm as LossTerm
    from netc.compiler.plan.train_plan import StepPlan as StepPlan, TrainPlan as TrainPlan
    from netc.compiler.probes.terms import (
        Along as Along,
        Energy as Energy,
        Likeness as Likeness,
        Term as Term,
        Textures as Textures,
    )
    from netc.compiler.sources.keras.file import keras_source as keras_source
    from netc.compiler.sources.parts import CannotWriteError as CannotWriteError
    from netc.compiler.sources.pytorch.file import pytorch_source as pytorch_source
    from netc.compiler.targets import target_of as target_of
    from netc.compiler.targets.cpu.probe import probe_cpu as probe_cpu
    from netc.compiler.targets.precision import probe_precision as probe_precision
    from netc.compiler.training.accumulation import FIRST as FIRST, SHARE as SHARE
    from netc.compiler.training.averaging import AVERAGE as AVERAGE
    from netc.compiler.training.forward import (
        by_batch_statistics as by_batch_statistics,
        forward_graph as forward_graph,
    )
    from netc.compiler.training.loss_scaling import LOSS_SCALE as LOSS_SCALE, SMALLEST_SCALE as SMALLEST_SCALE
    from netc.compiler.training.ports import batch_ports as batch_ports
    from netc.compiler.training.scorer import unmeasured as unmeasured
    from netc.compiler.training.trunk import Cut as Cut, cut as cut
    from netc.compiler.weights.adapter import adapter_file as adapter_file, add_adapter as add_adapter
    from netc.compiler.weights.draw import (
        check_count as check_count,
        initial_weight as initial_weight,
        initial_weights as initial_weights,
    )
    from netc.compiler.weights.files import fit as fit, read_tensors as read_tensors, read_weights as read_weights
    from netc.compiler.weights.formats import FOREIGN_ENDINGS as FOREIGN_ENDINGS
    from netc.compiler.weights.formats.safetensors_header import CHECKSUM_KEY as CHECKSUM_KEY
    from netc.compiler.weights.formats.safetensors_written import as_safetensors as as_safetensors
    from netc.compiler.weights.report import Outcome as Outcome, Report as Report
    from netc.compiler.weights.source import (
        Source as Source,
        read_metadata as read_metadata,
        read_source as read_source,
    )
    from netc.compiler.weights.state import first_state as first_state, fit_state as fit_state
    from netc.compiler.weights.taken import take as take

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
    "CHECKSUM_KEY": "weights.formats.safetensors_header",
    "MANIFEST_KEY": "artifact",
    "Manifest": "artifact",
    "Memory": "options",
    "NameMap": "plan.maps",
    "FOREIGN_ENDINGS": "weights.formats",
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
    "LabelRowForm": "artifact",
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
    "add_adapter": "weights.adapter",
    "as_safetensors": "weights.formats.safetensors_written",
    "ManifestForm": "artifact",
    "MANIFEST_VERSION": "artifact",
    "RUN_VERSION": "artifact",
    "read_manifest": "artifact",
    "beside_entry": "model_checksum",
    "metadata_entry": "model_checksum",
    "sealed_model": "model_checksum",
    "first_state": "weights.state",
    "Term": "probes.terms",
    "Textures": "probes.terms",
    "Likeness": "probes.terms",
    "Energy": "probes.terms",
    "Along": "probes.terms",
    "unmet": "ir.open_sizes",
    "check_count": "weights.draw",
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
    "target_of": "targets",
    "probe_precision": "targets.precision",
    "metric": "metrics.base",
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
    "size_in": "ir.open_sizes",
    "single": "metrics.tallies",
    "summary": "facts.summary",
    "take": "weights.taken",
    "totals": "facts.count",
    "training_flops": "facts.count",
    "unmeasured": "training.scorer",
    "undecided": "plan.class_weights",
    "without_taps": "emit.part",
}


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
