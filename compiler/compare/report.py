"""A difference as text, as Markdown, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from netc.compiler.compare.difference import Difference, Match, Status
from netc.compiler.compare.layers import Layer
from netc.compiler.compare.rows import HEADS, field_of, rows_of, sums
from netc.compiler.compare.terms import Term, terms, what_differs
from netc.compiler.facts.count import memory, receptive_field
from netc.compiler.facts.table import count, title_of
from netc.compiler.ir import Size, format_shape, language_shape
from netc.compiler.net import Net
from netc.grammar.counted import counted, size

BATCH = 32
TOTALS = ("", "before", "after", "difference")
Table = list[tuple[str, ...]]


def text_of(difference: Difference, most: int | None = None) -> str:
    """Totals, the sum with its reasons, and the layers that differ; of those `most` lines, all unless given."""
    blocks = [_title(difference)]
    if difference.same:
        return f"{blocks[0]}\nthe same: {_layers_said(difference)}\n"
    blocks.append("\n".join(_columns(totals_table(difference), right=(1, 2, 3))))
    blocks += ["\n".join(part) for part in (list(_ports(difference)), list(_sum(difference))) if part]
    rows, more = _rows(difference, most)
    blocks.append("\n".join([*_columns([HEADS, *rows], right=(3, 4, 5)), *more]))
    return "\n\n".join(blocks) + "\n"


def markdown_of(difference: Difference, most: int | None = None) -> str:
    """The same for a pull request."""
    lines = [f"### {_title(difference)}", ""]
    if difference.same:
        return "\n".join([*lines, f"The same: {_layers_said(difference)}.", ""])
    lines += [*_piped(totals_table(difference), right=(1, 2, 3)), ""]
    told = list(_ports(difference))
    lines += [*(f"- {line}" for line in told), ""] if told else []
    summed = list(_sum(difference))
    if summed:
        lines += [f"**{summed[0]}**", "", *(f"- {' '.join(line.split())}" for line in summed[1:]), ""]
    rows, more = _rows(difference, most)
    lines += [*_piped([HEADS, *rows], right=(3, 4, 5)), *(line for said in more for line in ("", said.strip()))]
    return "\n".join(lines) + "\n"


def _rows(difference: Difference, most: int | None) -> tuple[Table, list[str]]:
    """The first lines of the layers, and how many are left out."""
    rows = [row.cells for row in rows_of(difference)]
    if most is None or len(rows) <= most:
        return rows, []
    return rows[:most], [f"   … and {counted(len(rows) - most, 'more line')}: `--all` shows them"]


def json_of(difference: Difference) -> dict[str, Any]:
    """Totals, terms and every layer with what became of it, as in docs/cli.md."""
    old, new = difference.totals
    return {
        "version": 1,
        "same": difference.same,
        "before": _side(difference.before),
        "after": _side(difference.after),
        "totals": {
            name: [_number(getattr(old, name)), _number(getattr(new, name))]
            for name in ("params", "trainable", "buffers", "flops", "activations", "layers")
        },
        "terms": [
            {"params": term.params, "reason": term.reason, "names": [unit.name for unit in term.units]}
            for term in terms(difference.matches)
        ],
        "layers": [_match(match) for match in difference.matches],
    }


# ---------------------------------------------------------------- totals and the sum
def totals_table(difference: Difference) -> Table:
    """A row for each total that is a number."""
    nets = difference.before, difference.after
    old, new = difference.totals
    batch = next((net.plans[0].batch for net in reversed(nets) if net.plans and net.plans[0].batch), BATCH)
    rows: Table = [TOTALS, _total("layers", old.layers, new.layers), _total("parameters", old.params, new.params)]
    if old.trainable != old.params or new.trainable != new.params:
        rows.append(_total("trainable", old.trainable, new.trainable))
    rows += [_total("buffers", old.buffers, new.buffers)] if old.buffers or new.buffers else []
    rows += [_total("FLOPs", old.flops, new.flops), _total("activations", old.activations, new.activations)]
    needed, will_need = (memory(net, batch).total for net in nets)
    rows.append(_total(f"memory, {counted(batch, 'example')}", needed, will_need, lambda total: size(_number(total))))
    fields = [field_of(receptive_field(next(iter(net.outputs.values())), net.inputs)) for net in nets]
    rows.append(("receptive field", *fields, "" if fields[0] == fields[1] else "differs"))
    return rows


def _total(name: str, old: Size, new: Size, shown: Callable[[Size], str] | None = None) -> tuple[str, ...]:
    show = shown or (lambda number: count(_number(number)))
    if not isinstance(old, int) or not isinstance(new, int):
        return name, show(old), show(new), "" if old == new else "differs"
    sign = "+" if new > old else "-"
    return name, show(old), show(new), "" if old == new else f"{sign}{show(abs(new - old))}"


def _sum(difference: Difference) -> Iterator[str]:
    """`60,000 + 900 - 44 + 850 = 61,706`, and a line for each summand."""
    found: list[Term] = terms(difference.matches)
    if not found:
        return
    old, new = difference.totals
    yield sums(difference.matches, old.params, new.params, [term.params for term in found])
    width = max(len(f"{term.params:+,}") for term in found)
    for term in found:
        yield f"  {term.params:>+{width},}  {term.reason}"


def _ports(difference: Difference) -> Iterator[str]:
    """Inputs and outputs that differ."""
    for what, old, new in (
        ("input", _inputs(difference.before), _inputs(difference.after)),
        ("output", _outputs(difference.before), _outputs(difference.after)),
    ):
        if old != new:
            yield f"{what}: {', '.join(old)} → {', '.join(new)}"


def _inputs(net: Net) -> list[str]:
    return [f"{value.name} {value.dtype} {format_shape(language_shape(value))}" for value in net.inputs]


def _outputs(net: Net) -> list[str]:
    return [f"{name} {format_shape(language_shape(value))}" for name, value in net.outputs.items()]


def _title(difference: Difference) -> str:
    old, new = title_of(difference.before), title_of(difference.after)
    if old == new and difference.called is not None and len(set(difference.called)) == 2:
        return f"{old}: {' → '.join(difference.called)}"
    return f"{old}\n→ {new}" if len(old) + len(new) > 76 else f"{old} → {new}"


def _layers_said(difference: Difference) -> str:
    old, _ = difference.totals
    return f"{counted(old.layers, 'layer')}, {counted(old.params, 'parameter')}"


# ---------------------------------------------------------------- tables
def _columns(table: Sequence[tuple[str, ...]], right: tuple[int, ...]) -> Iterator[str]:
    """Columns with spaces between them; those in which nothing stands are left out."""
    kept = [at for at in range(len(table[0])) if any(row[at] for row in table[1:]) or at == 0]
    widths = {at: max(len(row[at]) for row in table) for at in kept}
    for row in table:
        cells = [row[at].rjust(widths[at]) if at in right else row[at].ljust(widths[at]) for at in kept]
        yield "  ".join(cells).rstrip()


def _piped(table: Sequence[tuple[str, ...]], right: tuple[int, ...]) -> Iterator[str]:
    kept = [at for at in range(len(table[0])) if any(row[at] for row in table[1:]) or at == 0]
    heads, *rows = ([row[at].replace("|", "\\|") for at in kept] for row in table)
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('---:' if at in right else '---' for at in kept)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


# ---------------------------------------------------------------- JSON
def _side(net: Net) -> dict[str, Any]:
    return {
        "file": net.file,
        "net": net.name,
        "inputs": [_port(value.name, value) for value in net.inputs],
        "outputs": [_port(name, value) for name, value in net.outputs.items()],
    }


def _port(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "shape": [_number(it) for it in language_shape(value)], "dtype": str(value.dtype)}


def _match(match: Match) -> dict[str, Any]:
    told = what_differs(match) if match.status is Status.CHANGED else None
    return {
        "status": str(match.status),
        "before": _layer(match.before),
        "after": _layer(match.after),
        "params": match.params,
        "flops": _number(match.flops),
        "activations": _number(match.activations),
        "differs": told,
    }


def _layer(layer: Layer | None) -> dict[str, Any] | None:
    if layer is None:
        return None
    span = layer.instance.span
    return {
        "name": layer.path,
        "type": layer.word,
        "shape": [_number(it) for it in layer.shape],
        "params": layer.params,
        "flops": _number(layer.flops),
        "activations": _number(layer.activations),
        "span": {"file": span.file, "line": span.line, "column": span.column},
    }


def _number(number: Size) -> int | str:
    return number if isinstance(number, int) else str(number)
