"""What leaves the compiler: the bytes of an ONNX model and the manifest that names its inputs and outputs.

The manifest is also stored in the model, as JSON under the metadata key `netc.manifest`. It is a contract: any
program that has ONNX Runtime can train with a model of kind "train" by reading it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypedDict

from netc.grammar.documents import opened
from netc.grammar.schema import Count, Rule

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler.ir import Purpose

    Array = np.ndarray[Any, Any]

MANIFEST_KEY = "netc.manifest"
MANIFEST_VERSION = 1

CARD_KEY = "netc.card"
"""The entry of a model's or a weight file's metadata that says what the data meant in training, as JSON."""

RUN_VERSION = 2
"""Of what a training says about itself: its run.json, and the progress in its checkpoints."""

LOSS = "loss"
"""What results and records call the sum of all losses."""

Kind = Literal["train", "backward", "update", "infer", "gradient", "probe", "score"]

Role = Literal[
    "data", "target", "prediction", "hyper", "seed", "step", "share", "param", "state",
    "output", "loss", "metric", "gradient",
]  # fmt: skip


ELEMENTS = frozenset({"float32", "float16", "bfloat16", "float64", "int64", "int32", "uint8", "bool"})
Element = Annotated[str, Rule("the name of a type of numbers", ELEMENTS.__contains__)]


class LabelRowForm(TypedDict):
    """What a row of class labels is.

    blank  the class that is none of them;  end: what stands behind the last
    steps  how many say them, a number or the text of an open size, several of several predictions: the fewest count;
           absent where too few are no fault
    """

    blank: Count
    end: int
    steps: NotRequired[Count | str | list[Count | str]]


class Port(TypedDict):
    """An input or output of the model.

    shape    ints, and names for sizes that are open: ["N", 3, 224, 224]
    dtype    numpy's name
    role     inputs: data target hyper seed step share param state (prediction, in a scorer; gradient and loss, in an
             update);
             outputs: output loss metric param state (gradient, in a gradient model or a backward pass)
    text     what the net's text calls it, or results and records do, where another port has that name already
    of       for role param, state or gradient: the input that it replaces or belongs to; an input of role state that
             has one starts equal to that parameter
    classes  for a target of class labels: their number; labels run from 0 to classes - 1
    ignored  for a target of class labels: one that counts for nothing, which may lie outside
    between  for a target of numbers: the smallest and the largest that has a meaning, None where there is none
    row      for a target of rows of class labels: see LabelRowForm
    weighs   for a target that is a mask alone: true; [N] holds for all positions of an example
    trainable, buffer   for inputs of role param
    metric, part, combine   for an output of role metric that is a part of a figure: of which metric, which part, and
             whether the parts of batches are added up (`sum`) or joined along their first axis (`rows`); one without
             them is a mean over the batch
    sizes     for inputs of role data: what the net needs of a named size, {"H": {"minimum": 32, "divisor": 16}}, with
             a maximum where there is one
    rows      for inputs of role data: how many numbers from 0 on a table has that looks them up as they are
    resized   for inputs of role data: the height and width that rows of another size are brought to, as `resize` does
    initial   for an input of role state: the number to start from; 0 unless given
    uniform   for an input of role state: the limit within which it starts uniform, from the run's seed
    passing   for an input of role state: true where it is of no use after the update that it belongs to
    tap       for an output of role output: true where the text calls it none: an inner value, such as a loss reads
    in_place  for an output of role state: true where its buffer may be that of the input it replaces, because
             whatever reads the input has run when the output is written
    """

    name: str
    shape: list[Count | str]
    dtype: Element
    role: Role
    text: NotRequired[str]
    of: NotRequired[str]
    classes: NotRequired[Count]
    ignored: NotRequired[int]
    row: NotRequired[LabelRowForm]
    between: NotRequired[list[float | None]]
    weighs: NotRequired[bool]
    metric: NotRequired[str]
    part: NotRequired[str]
    combine: NotRequired[Literal["sum", "rows"]]
    trainable: NotRequired[bool]
    buffer: NotRequired[bool]
    rows: NotRequired[Count]
    resized: NotRequired[list[Count]]
    initial: NotRequired[float]
    uniform: NotRequired[float]
    passing: NotRequired[bool]
    in_place: NotRequired[bool]
    tap: NotRequired[bool]
    sizes: NotRequired[dict[str, dict[str, Count]]]


class Need(TypedDict):
    """A size that has to be 0 or more for the model to take its inputs, as text, and the layer that needs it."""

    at: str
    size: str


class ManifestForm(TypedDict):
    """kind: "train" one training step; "backward" and "update" its two halves, gradients in between; "infer" the
    network; "gradient" loss and gradients; "probe" the same of inner values of the network in use; "score" loss and
    metrics from predictions and targets. `settings` holds the training plan of a step or its halves (batch, epochs,
    optimizer, …), and what a scorer's metrics are; `needs` what has to hold of open sizes besides what ports say."""

    kind: Kind
    net: str
    target: str
    inputs: list[Port]
    outputs: list[Port]
    source_sha256: str
    settings: NotRequired[dict[str, Any]]
    needs: NotRequired[list[Need]]


class Manifest(ManifestForm):
    """A manifest with the version that its file says."""

    version: int


def read_manifest(text: str) -> Manifest:
    """The manifest that a model says is its own; raises DocumentError."""
    found: ManifestForm = opened(text, ManifestForm, MANIFEST_VERSION)
    made: Manifest = {"version": MANIFEST_VERSION, **found}
    return made


def said(port: Port) -> str:
    """What people and data call an input or output; in the model it has another name where that one was taken."""
    return port.get("text", port["name"])


@dataclass(frozen=True, slots=True)
class Artifact:
    """A serialized ONNX model, its manifest, and the number of its nodes.

    purposes  what each node is for that belongs to no layer, None for those of layers, of a model made here
    compiled  whether this compiler made the model in this process: not so where a caller made the artifact of bytes
              that came from elsewhere, a file for example
    """

    model: bytes
    manifest: Manifest
    nodes: int = 0
    purposes: tuple[Purpose | None, ...] = field(default=(), init=False)
    compiled: bool = field(default=False, init=False)

    @staticmethod
    def made(model: bytes, manifest: Manifest, purposes: tuple[Purpose | None, ...]) -> Artifact:
        """What the compiler has just made; nobody else calls this."""
        artifact = Artifact(model, manifest, len(purposes))
        object.__setattr__(artifact, "purposes", purposes)
        object.__setattr__(artifact, "compiled", True)
        return artifact


def initial_state(manifest: Manifest) -> Iterator[tuple[str, Array]]:
    """The optimizer's state before the first step: the name of each input and its tensor, one after the other."""
    import numpy as np

    for port in manifest["inputs"]:
        if port["role"] == "state":
            yield port["name"], np.full(list(map(int, port["shape"])), port.get("initial", 0), port["dtype"])
