"""A run as one page of HTML: text, settings, data, figures, curves, and looks inside, with its pictures in it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from netc.grammar.counted import counted
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.given import path_of, require
from netc.grammar.limits import FILE
from netc.grammar.opening import read_file
from netc.grammar.writing import ELSEWHERE, encoded
from netc.runtime import inside
from netc.runtime.folder.files import make_folder, write_atomic
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.inside.view import View, need_matplotlib
from netc.runtime.runs.loaded import Run
from netc.runtime.runs.request import request_of
from netc.runtime.runs.rows import Rows, rows_of_run
from netc.runtime.show.figures import figure_lines
from netc.runtime.show.plot import curves

ROWS = 2000
"""How many held-out rows are looked at."""
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 66rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc }
img { max-width: 100%; image-rendering: auto } pre { background: #f6f6f6; padding: .8rem; overflow-x: auto }
table { border-collapse: collapse; margin: .5rem 0 } td, th { padding: .2rem .7rem; text-align: left;
border-bottom: 1px solid #e4e4e4; vertical-align: top } caption { text-align: left; font-weight: 600 }
.missing { color: #666; font-style: italic }
"""


def report(run: Run, path: str | Path) -> None:
    """Write one page that needs nothing else: no script, no other file, no network.

    What can't be shown is said in its place: of data that are gone, a net without convolutions, or without matplotlib.
    Raises DiagnosticError E562 where nothing can be written.
    """
    require(run, Run, "netc.report", 'netc.report(netc.load_run("runs/a"), "a.html")')
    path = path_of(path, "netc.report", 'netc.report(run, "a.html")')
    content = encoded(page(run))
    make_folder(path.parent, ELSEWHERE)
    write_atomic(path, content, ELSEWHERE)


def page(run: Run) -> str:
    """The page's text."""
    name = escape(f"{run.net.name}, {run.path.name}")
    parts = "\n".join(f"<h2>{escape(title)}</h2>\n{_told(make)}" for title, make in _sections(run))
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name}</title>'
    body = f"<body><h1>{name}</h1>\n{parts}\n</body>"
    return f"<!doctype html>\n<html lang=en><head>{head}<style>{STYLE}</style></head>\n{body}</html>\n"


def _sections(run: Run) -> Iterator[tuple[str, Callable[[], str]]]:
    """Titles, and what makes what is below them."""
    folder = RunFolder.open(run.path)
    request = request_of(folder)
    yield "Figures of the best epoch", lambda: _figures(run)
    yield "Curves", lambda: _curves(run)
    yield "Text", lambda: _text(run, request.file, list(request.texts))
    yield "Settings", lambda: _settings(run)
    yield "Data", lambda: _data(run)
    yield "Layers", lambda: run.net.summary()._repr_html_()
    yield from _looks(run)


def _looks(run: Run) -> Iterator[tuple[str, Callable[[], str]]]:
    """Pictures, those of examples where rows were held out."""
    model = run.model
    yield "Filters of the first convolution", lambda: _picture(inside.filters(model))
    yield "Weights", lambda: _picture(inside.weights(model))
    try:
        rows = rows_of_run(model, run.path, None, ROWS)
    except DiagnosticError as error:
        reason = error.diagnostics[0].message
        yield "Held-out rows", lambda: _missing(reason)
        return
    if rows is not None:
        yield from _looks_at_rows(run, rows)


def _looks_at_rows(run: Run, rows: Rows) -> Iterator[tuple[str, Callable[[], str]]]:
    model, inputs, labels = run.model, rows.inputs, rows.labels
    first = {name: values[:1] for name, values in inputs.items()}
    if labels is not None:
        said = f"<p>{escape(rows.description)}</p>"
        yield "Confusion", lambda: said + _picture(inside.confusion(model, inputs, labels))
        yield "Worst errors", lambda: _picture(inside.errors(model, inputs, labels))
        yield "Where the class is seen", lambda: _picture(inside.gradcam(model, first))
    yield "Activations of an example", lambda: _picture(inside.activations(model, first))


def _told(make: Callable[[], str]) -> str:
    """A part of the page, or why it isn't there."""
    try:
        return make()
    except DiagnosticError as error:
        return _missing(error.diagnostics[0].message)


def _missing(reason: str) -> str:
    return f"<p class=missing>Not shown: {escape(reason)}.</p>"


def _table(rows: Mapping[str, str]) -> str:
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows.items())
    return f"<table>{lines}</table>"


def _figures(run: Run) -> str:
    """Numbers as a table; what is more than a number as lines, by the names of the classes."""
    classes = None if run.card is None else run.card.class_names
    lists = {name: figure for name, figure in run.metrics.items() if isinstance(figure, list)}
    numbers = {name: f"{figure:.4g}" for name, figure in run.metrics.items() if name not in lists}
    lines = [line for name, figure in lists.items() for line in figure_lines(name, figure, len(name), classes)]
    return _table(numbers) + (f"<pre>{escape(chr(10).join(lines))}</pre>" if lines else "")


def _text(run: Run, file: str, others: list[str]) -> str:
    """The net's file and those that it uses."""
    names = dict.fromkeys([file, *others])
    texts = {name: read_file(run.path / name, FILE).decode("utf-8", "replace") for name in names
             if (run.path / name).is_file()}  # fmt: skip
    return "".join(f"<p>{escape(name)}</p><pre>{escape(text)}</pre>" for name, text in texts.items())


def _settings(run: Run) -> str:
    request = request_of(RunFolder.open(run.path))
    asked = {"net": request.net, "arguments": ", ".join(request.settings) or "as in the text", "data": request.data,
             "seed": str(request.seed), "precision": request.precision, "device": request.device}  # fmt: skip
    changed = {name: str(value) for name, value in request.overrides.items()}
    folder = RunFolder(run.path)
    found: dict[str, Any] = folder.read_manifest().get("settings", {}) if folder.manifest_json.is_file() else {}
    plan = {name: value if isinstance(value, str) else json.dumps(value) for name, value in found.items()}
    return _table(asked | plan | changed)


def _data(run: Run) -> str:
    card = run.card
    if card is None:
        return _missing("the run has no data card")
    parts = {f"part {part.name}": counted(part.rows, "row") for part in card.parts}
    fields = {f"input {item.name}": repr(item) for item in card.inputs}
    targets = {f"target {item.name}": repr(item) for item in card.targets}
    return _table({"read from": card.data} | fields | targets | parts)


def _curves(run: Run) -> str:
    need_matplotlib()
    content = BytesIO()
    curves({run.path.name: list(run.history)}).savefig(content, format="png")
    return _image("png", content.getvalue(), "curves of loss and metrics")


def _picture(view: View) -> str:
    return _image("png", view.drawn("png"), view.title)


def _image(kind: str, content: bytes, title: str) -> str:
    return f'<img alt="{escape(title)}" src="data:image/{kind};base64,{b64encode(content).decode()}">'
