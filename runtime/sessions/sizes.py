"""Whether a model can take inputs of these sizes, asked before it computes: ONNX Runtime answers anyway, or fails."""

from __future__ import annotations

from collections.abc import Mapping

from netc.compiler import Manifest, said, size_in
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.sessions.resident import Array

ROLES = ("data", "target", "prediction")
Shapes = tuple[tuple[int, ...], ...]
NamedSizes = dict[str, tuple[int, str]]
"""What named sizes are, and what each was said by first."""


def other_size(named: NamedSizes, wanted: str, size: int, name: str, axis: int) -> Diagnostic | None:
    """Keep what a named size is on an axis of `name`, unless it is known: E556 where it was another one."""
    known, source = named.setdefault(wanted, (size, name))
    if known == size:
        return None
    message = f"`{name}` has {size} on axis {axis}, where `{source}` has {known}"
    return Diagnostic("E556", message, help=f"give the same {wanted} to both")


class SizeCheck:
    """Holds the arrays of each run against what the manifest says of open sizes; equal sizes are looked at once."""

    def __init__(self, manifest: Manifest | None) -> None:
        self._ports = [] if manifest is None else [port for port in manifest["inputs"] if port["role"] in ROLES]
        self._needs = [] if manifest is None else manifest.get("needs", [])
        self._seen: set[tuple[tuple[int, ...], ...]] = set()
        self._open = any(isinstance(size, str) for port in self._ports for size in port["shape"][1:])

    def __call__(self, feeds: Mapping[str, Array]) -> None:
        """Raise DiagnosticError E556 for a size that others tell otherwise, E558 for sizes that a layer cannot take."""
        if not self._open:
            return
        shapes = tuple(feeds[port["name"]].shape if port["name"] in feeds else () for port in self._ports)
        if shapes in self._seen:
            return
        sizes = self._named(shapes)
        found = self._other_sizes(shapes, sizes) or self._unmet(sizes)
        if found is not None:
            raise DiagnosticError(found)
        self._seen.add(shapes)

    def _named(self, shapes: Shapes) -> dict[str, int]:
        """What is called by a name alone, by that name; raises DiagnosticError E556 where it has two sizes."""
        named: NamedSizes = {}
        for port, shape in zip(self._ports, shapes, strict=True):
            for axis, (wanted, size) in enumerate(zip(port["shape"], shape, strict=False)):
                if isinstance(wanted, str) and wanted.isidentifier():
                    found = other_size(named, wanted, size, said(port), axis)
                    if found is not None:
                        raise DiagnosticError(found)
        return {name: size for name, (size, _) in named.items()}

    def _other_sizes(self, shapes: Shapes, sizes: Mapping[str, int]) -> Diagnostic | None:
        for port, shape in zip(self._ports, shapes, strict=True):
            for axis, (wanted, size) in enumerate(zip(port["shape"], shape, strict=False)):
                if not isinstance(wanted, str) or wanted.isidentifier() or len(shape) != len(port["shape"]):
                    continue
                expected = size_in(wanted, sizes)
                if expected not in (None, size):
                    message = f"`{said(port)}` has {size} on axis {axis}, where `{wanted}` is {expected}"
                    return Diagnostic("E556", message, help=f"give {expected} on axis {axis}, or other inputs")
        return None

    def _unmet(self, sizes: Mapping[str, int]) -> Diagnostic | None:
        for need in self._needs:
            found = size_in(need["size"], sizes)
            if found is not None and found < 0:
                those = ", ".join(f"`{name}` {size}" for name, size in sizes.items() if name != "N")
                message = f"`{need['at']}` cannot take inputs of these sizes: {those}"
                help = f"give inputs for which `{need['size']}` is 0 or more, not {found}"
                return Diagnostic("E558", message, help=help)
        return None
