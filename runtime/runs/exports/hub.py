"""A folder as model hubs show it: README.md with front matter, config.json, weights, the network, its text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netc.compiler import totals
from netc.grammar.counted import counted
from netc.grammar.writing import encoded
from netc.runtime.data.cards.card_text import input_line, target_line
from netc.runtime.folder.files import make_folder, write_atomic
from netc.runtime.folder.texts import texts_of
from netc.runtime.runs.exports.about import figures, preprocessing, provenance
from netc.runtime.runs.exports.files import write_onnx, write_safetensors
from netc.runtime.runs.exports.place import new_folder
from netc.runtime.runs.loaded import Run


def write_hub(run: Run, path: Path) -> int:
    """The folder; the bytes in it. Raises DiagnosticError E595, E562."""
    with new_folder(path) as folder:
        write_safetensors(run, folder / "model.safetensors")
        write_onnx(run, folder / "model.onnx")
        file, texts = texts_of(run.net.file, run.net.source, run.net.sources)
        for name, text in texts.items():
            make_folder((folder / name).parent)
            write_atomic(folder / name, text.encode())
        write_atomic(folder / "config.json", (json.dumps(config(run, file), indent=2) + "\n").encode())
        write_atomic(folder / "README.md", encoded(readme(run, file, path.name)))
    return sum(item.stat().st_size for item in path.rglob("*") if item.is_file())


def config(run: Run, file: str) -> dict[str, Any]:
    """What config.json says; `id2label` and `label2id` as the hub's own library writes them."""
    names = None if run.card is None else run.card.class_names
    labels = {} if names is None else {
        "id2label": {str(at): name for at, name in enumerate(names)},
        "label2id": {name: at for at, name in enumerate(names)},
    }  # fmt: skip
    outputs = {
        name: [size if isinstance(size, int) else str(size) for size in value.shape]
        for name, value in run.net.outputs.items()
    }
    return {
        "model_type": "netc",
        "architectures": [run.net.name],
        "text": file,
        "inputs": preprocessing(run),
        "outputs": outputs,
        **labels,
        "provenance": provenance(run),
    }


def readme(run: Run, file: str, name: str) -> str:
    """README.md: front matter for the hub's search, then what a person wants to know first."""
    net = run.net
    cost = totals(net)
    title = f"{net.name}: {net.label}" if net.label else net.name
    shown = figures(run.metrics)
    data = [f"- {input_line(item)}" for item in (run.card.inputs if run.card else ())]
    data += [f"- {target_line(item)}" for item in (run.card.targets if run.card else ())]
    rows = ", ".join(f"{part.rows:,} {part.name}" for part in (run.card.parts if run.card else ()))
    parts = [
        _front_matter(run, name),
        f"# {title}",
        f"{counted(net.params, 'parameter')}, {_operations(cost.flops)} for one example. Trained for "
        f"{counted(len(run.history), 'epoch')} with netc on {run.request.data or 'data of its own'}"
        f"{f' ({rows})' if rows else ''}.",
    ]
    if shown:
        table = ["| metric | value |", "|---|---|", *(f"| {key} | {value:.4f} |" for key, value in shown.items())]
        parts.append("\n".join(table))
    if data:
        parts += ["## Data", "\n".join(data)]
    parts += [
        "## Use",
        _use(run),
        "## Files",
        FILES.format(file=file),
        "## The network",
        f"```\n{net.source.strip()}\n```",
    ]
    return "\n\n".join(parts) + "\n"


FILES = """\
| file | what it holds |
|---|---|
| `model.onnx` | the network with its weights; classes, data card and provenance in its metadata |
| `model.safetensors` | the weights |
| `config.json` | inputs and what becomes of stored numbers, outputs, classes, provenance |
| `{file}` | the network's text |"""


def _use(run: Run) -> str:
    given = []
    for value in run.net.inputs:
        shape = tuple(size if isinstance(size, int) else 1 for size in value.shape)
        given.append(f'"{value.name}": np.zeros({shape}, "{value.dtype}")')
    return (
        "```python\nimport numpy as np\nimport onnxruntime\n\n"
        'session = onnxruntime.InferenceSession("model.onnx")\n'
        f"outputs = session.run(None, {{{', '.join(given)}}})\n```\n\n"
        "What becomes of stored numbers before they are given is in `config.json`, under `inputs`."
    )


def _operations(count: Any) -> str:
    return f"{counted(count, 'multiply-accumulate')}" if isinstance(count, int) else f"{count} multiply-accumulates"


def _front_matter(run: Run, name: str) -> str:
    tag = pipeline_tag(run)
    lines = ["---", "library_name: netc", f"pipeline_tag: {tag}" if tag else "", "tags:", "- onnx", "- netc"]
    shown = {key: value for key, value in figures(run.metrics).items() if "loss" not in key}
    if shown and run.card is not None:
        lines += ["model-index:", f"- name: {json.dumps(name)}", "  results:", "  - task:",
                  f"      type: {tag or 'other'}", "    dataset:", f"      name: {json.dumps(run.card.data)}",
                  f"      type: {json.dumps(run.card.data)}", "    metrics:"]  # fmt: skip
        for key, value in shown.items():
            lines += [f"    - type: {key}", f"      value: {value:.6g}"]
    return "\n".join([*filter(None, lines), "---"])


def pipeline_tag(run: Run) -> str | None:
    """The hub's word for the task, where there is one for it: of what goes in, and whether classes come out."""
    first = run.net.inputs[0]
    if run.card is None or not any(item.kind == "classes" for item in run.card.targets):
        return None
    per_place = len(next(iter(run.net.outputs.values())).shape) == 4
    if len(first.shape) == 4:
        return "image-segmentation" if per_place else "image-classification"
    known = run.card.input(first.name)
    return "tabular-classification" if known is not None and known.kind == "columns" else None
