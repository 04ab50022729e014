"""Inference models that stand alone: weights inside, and in the metadata what `netc eval` and `netc predict` need.

`netc.source` holds the text that the net was made of, with the files that it uses, which `netc import` gives back;
`netc.scorer` holds the scorer model (loss and metrics from predictions and targets) in base64, `netc.card` what the
data meant in training, as JSON. Readers that know neither run the model as any other.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netc.compiler import (
    CARD_KEY,
    SOURCE_KEY,
    ExternalData,
    Net,
    Options,
    TrainPlan,
    beside_entry,
    compile_inference,
    compile_scorer,
    decided,
    metadata_entry,
    said,
    sealed_model,
    source_note,
    undecided,
)
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.cards.card import Card
from netc.runtime.folder.files import write_atomic, write_pair
from netc.runtime.runs.notes import SCORER_KEY

LARGEST = 2_140_000_000


def deployable(
    net: Net,
    plan: TrainPlan | None = None,
    weights: Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    batch: int | None = None,
    target: str = "std",
    options: Options | None = None,
    card: Card | None = None,
    external: ExternalData | None = None,
    notes: Mapping[str, str] | None = None,
) -> bytes:
    """An inference model with weights (None: the initial ones of `seed`) and, if the net has a plan, its scorer.

    `notes` are more of the metadata.

    What the plan's loss and metrics read is among the outputs, after those of the net. `external` takes the weights
    that one file cannot hold; without it, DiagnosticError E566 is raised for a net that is too large.
    """
    if external is None:
        check_size(net)
    plan = plan or (net.plans[0] if net.plans else None)
    source = source_note(net)
    said_of_it = {**({} if source is None else {SOURCE_KEY: source}), **(notes or {})}
    taps: list[str] = []
    if plan is not None and card is not None:
        plan = decided(plan, card.counts)
    if plan is not None and not undecided(plan):
        scorer = compile_scorer(net, plan)
        if scorer.manifest["outputs"]:
            said_of_it[SCORER_KEY] = base64.b64encode(scorer.model).decode()
        predictions = [said(port) for port in scorer.manifest["inputs"] if port["role"] == "prediction"]
        taps = [name for name in predictions if name not in net.outputs]
    if card is not None:
        said_of_it[CARD_KEY] = json.dumps(card.to_json())
    options = options or Options()
    how: dict[str, Any] = {"batch": batch, "target": target, "seed": seed, "options": options}
    model = compile_inference(net, weights, taps=taps, external=external, **how).model
    return model + b"".join(metadata_entry(key, value) for key, value in said_of_it.items())


def export(path: Path, net: Net, *args: Any, elsewhere: str | None = None, **how: Any) -> int:
    """Write a deployable model, with its weights in a file beside it where one cannot hold them; its bytes.

    Arguments as of `deployable`. Raises DiagnosticError E562.
    """
    if not too_large(net):
        model = sealed_model(deployable(net, *args, **how))
        write_atomic(path, model, elsewhere)
        return len(model)
    external = ExternalData(f"{path.name}.data")
    model = deployable(net, *args, external=external, **how)
    model = sealed_model(model + beside_entry(external.content()))
    write_pair(path.with_name(external.location), external.content(), path, model, elsewhere)
    return len(model) + external.size


def too_large(net: Net) -> bool:
    """Whether the weights alone pass what one .onnx file can hold."""
    return 4 * net.params > LARGEST


def check_size(net: Net) -> None:
    """Raise DiagnosticError E566 where the weights alone pass what protobuf can hold."""
    if too_large(net):
        weights = counted(net.params, "parameter")
        message = f"the {weights} of net {net.name} take {net.params * 4e-9:.1f} GB in one ONNX model"
        help = "use `netc compile`, which writes the weights beside the model, or make the net smaller"
        raise DiagnosticError(Diagnostic("E566", message, notes=("a protobuf file holds 2.1 GB",), help=help))
