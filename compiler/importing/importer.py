"""From an ONNX file to a text, and to the numbers that go with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from netc.compiler.importing.assemble import Text, assembled, named_weights
from netc.compiler.importing.findings import LIMITS, too_large
from netc.compiler.importing.foreign import check_model
from netc.compiler.importing.given import Given, fixed
from netc.compiler.importing.inline import inline
from netc.compiler.importing.lifting import lift
from netc.compiler.importing.node_by_node import lower
from netc.compiler.importing.own import SOURCE_KEY, OwnSource, own_source, own_weights, widened
from netc.compiler.importing.protobuf import parse
from netc.compiler.importing.records import Array
from netc.compiler.model_checksum import CHECKSUM_KEY
from netc.compiler.net import Net
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import read_file

CHANGED = "another program wrote the model anew: its graph is imported, and not the text that netc noted in it"


@dataclass(frozen=True, slots=True)
class Imported:
    """A model as text.

    text              what a `.net` file of it holds
    inputs, outputs   the model's names of its inputs and outputs, and the text's
    notes             what is to be told
    batch_axes        which axis of an input or output is the batch in the model, where that isn't the first
    training          whether the model normalizes by the batch it is given, so that its outputs can't be compared
    random            whether the model draws random numbers, and can't be compared either
    own               the source that netc itself wrote into the model: text, files that it uses, net and settings
    numbers           inputs of the model that were given a number, and are none here
    narrow            whether netc wrote its weights in 8 bits, which makes its outputs others than the text's
    """

    text: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    batch_axes: Mapping[str, int] = field(default_factory=dict)
    training: bool = False
    random: bool = False
    own: OwnSource | None = None
    numbers: Mapping[str, Array] = field(default_factory=dict)
    narrow: bool = False
    _written: Text | None = None
    _tensors: Mapping[str, Array] = field(default_factory=dict)
    _file: str = ""

    def weights(self, net: Net) -> dict[str, Array]:
        """The model's numbers by the names of the net's parameters; `net` is the text's.

        Raises DiagnosticError E550, E552, E568, E591 where a text that netc noted asks for others.
        """
        if self.own is not None:
            return own_weights(self._tensors, net, self.own, self._file)
        assert self._written is not None, "a text that is not noted was written"
        return named_weights(net, self._written.calls)


def import_text(path: str | os.PathLike[str], given: Given | None = None, *, noted: bool | None = None) -> Imported:
    """The text of an ONNX file, and its weights; raises DiagnosticError E565, E567, E588, E590 to E592.

    given   numbers for inputs that are one number, and for open sizes, by their names in the model
    noted   take the text that netc noted in the model, where there is one, else it is made of the graph; None takes it
            where the model still has the checksum that netc wrote. A model in 8 bits, whose outputs nobody can compare
            with the text's, always has to have it
    """
    file = Path(path)
    content = _content(file)
    check_model(file, content, file.parent)
    model = parse(content, file.parent)
    sealed = CHECKSUM_KEY in model.metadata
    own = own_source(model.metadata) if (sealed if noted is None else noted) else None
    constants = {name: constant.array for name, constant in model.graph.constants.items()}
    wide = widened(model.graph, constants) if own is not None else {}
    if own is not None and (sealed or not wide):
        if given:
            message = f"{file} brings the text that it was made of, in which nothing is left to be given"
            help = "leave `--given` out, and write the number into the text"
            raise DiagnosticError(Diagnostic("E588", message, help=help))
        return Imported(own.text, own=own, narrow=bool(wide), _tensors=wide | constants, _file=str(file))
    graph = inline(model)
    numbers = fixed(graph, given or {})
    lowering = lower(graph, model.opset)
    written = assembled(lift(lowering), net_name(file), model.classes)
    return Imported(
        written.text,
        written.inputs,
        written.outputs,
        (*([CHANGED] if noted is None and SOURCE_KEY in model.metadata else ()), *lowering.notes),
        lowering.batch_axes,
        lowering.training,
        lowering.random,
        numbers=numbers,
        _written=written,
    )


def _content(file: Path) -> bytes:
    try:
        size = file.stat().st_size
        if size > LIMITS["bytes"]:
            raise too_large("bytes", size, LIMITS["bytes"])
        return read_file(file)
    except OSError as error:
        help = "check the path"
        raise DiagnosticError(
            Diagnostic("E565", f"{file} cannot be read: {(error.strerror or 'it is no file').lower()}", help=help)
        ) from None


def net_name(file: Path) -> str:
    """A name for a net after its file: `light_resnet50.onnx` is LightResnet50."""
    letters = (character if character.isascii() and character.isalnum() else " " for character in file.stem)
    name = "".join(word[:1].upper() + word[1:] for word in "".join(letters).split())
    return name if name[:1].isalpha() else f"Net{name}"
