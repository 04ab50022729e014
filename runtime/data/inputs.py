"""What `netc predict` is asked about: image files, and arrays in `.npy` and `.npz` files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.runtime.data.arrays import load_array, load_npz
from netc.runtime.data.errors import error, finding, shape_text
from netc.runtime.data.fit import Fit, expectation, fit_shape
from netc.runtime.data.images import SUFFIXES, read_header, read_image

Ports = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Examples for a net.

    names   what to call each row: "cat.png", "batch.npy[3]"
    arrays  input -> [rows, …], converted as training data is
    notes   what was changed on the way: "cat.png: 480x640 scaled to 28x28"
    """

    names: tuple[str, ...]
    arrays: Mapping[str, np.ndarray]
    notes: tuple[str, ...] = ()


def read_inputs(paths: Sequence[str | Path], ports: Ports, *, scale: float | None = None) -> Inputs:
    """Read files for the data inputs of a model, all of them as one batch, in the order of the paths.

    paths  images (for a net with one input), `.npy` of one example or several, `.npz` with an array for each input
    ports  the inputs of a manifest; those of role data are used
    scale  what floats are divided by, as the option of training data
    Raises DiagnosticError E500 to E507 or E512, for every file that is wrong.
    """
    wanted = [port for port in ports if port["role"] == "data"]
    names: list[str] = []
    notes: list[str] = []
    rows: dict[str, list[np.ndarray]] = {port["name"]: [] for port in wanted}
    findings: list[Diagnostic] = []
    for path in map(Path, paths):
        try:
            arrays = _read(path, wanted, scale, notes)
        except DiagnosticError as wrong:
            findings += wrong.diagnostics
            continue
        count = len(next(iter(arrays.values())))
        names += [path.name] if count == 1 else [f"{path.name}[{row}]" for row in range(count)]
        for name, values in arrays.items():
            rows[name].append(values)
    findings = findings or _different(rows, list(map(str, paths)))
    if findings:
        raise DiagnosticError(findings)
    return Inputs(tuple(names), {name: np.concatenate(parts) for name, parts in rows.items()}, tuple(notes))


def _different(rows: Mapping[str, list[np.ndarray]], paths: list[str]) -> list[Diagnostic]:
    return [
        finding(
            "E504",
            f"{path} is {shape_text(values.shape[1:])} for input `{name}`, {paths[0]} is "
            f"{shape_text(parts[0].shape[1:])}",
            help="ask about files of one shape at a time",
        )
        for name, parts in rows.items()
        for path, values in zip(paths, parts, strict=True)
        if values.shape[1:] != parts[0].shape[1:]
    ]


def _read(path: Path, ports: Ports, scale: float | None, notes: list[str]) -> dict[str, np.ndarray]:
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _from_archive(path, ports, scale)
    if suffix != ".npy" and suffix not in SUFFIXES and path.is_file():
        raise error(
            "E501",
            f"{path} is neither an image nor an array",
            f"images: {', '.join(sorted(SUFFIXES))}",
            help="give an image, a .npy or a .npz file",
        )
    if len(ports) != 1:
        names = ", ".join(f"`{port['name']}`" for port in ports)
        raise error(
            "E503", f"{path} is one array, the net has the inputs {names}", help="give an npz with one array for each"
        )
    port = ports[0]
    if suffix == ".npy":
        return {port["name"]: _convert(str(path), load_array(path), port, scale)}
    return {port["name"]: _from_image(path, port, scale, notes)}


def _from_image(path: Path, port: Mapping[str, Any], scale: float | None, notes: list[str]) -> np.ndarray:
    sizes = port["shape"][1:]
    if len(sizes) == 3:
        height, width, channels = sizes if port["dtype"] == "uint8" else (*sizes[1:], sizes[0])
    else:
        raise error(
            "E504",
            f"{path} is an image, input `{port['name']}` is {shape_text(sizes)}",
            help="give a .npy file with an array of that shape",
        )
    header = read_header(path)
    if channels not in (1, 3):
        if isinstance(channels, int):
            raise error(
                "E504",
                f"{path} is an image, input `{port['name']}` has {channels} channels",
                help="give a .npy file with an array of that shape",
            )
        channels = 3 if header.colour else 1
    size = (height if isinstance(height, int) else header.height, width if isinstance(width, int) else header.width)
    if size != (header.height, header.width):
        notes.append(f"{path.name}: {shape_text((header.height, header.width))} scaled to {shape_text(size)}")
    if header.colour and channels == 1:
        notes.append(f"{path.name}: colour turned to grey")
    return _convert(str(path), read_image(path, channels, size)[None], port, scale, channels_last=True)


def _from_archive(path: Path, ports: Ports, scale: float | None) -> dict[str, np.ndarray]:
    arrays = load_npz(path)
    if len(ports) == 1 and len(arrays) == 1:
        arrays = {ports[0]["name"]: next(iter(arrays.values()))}
    findings = [
        finding(
            "E503",
            f"{path} has no array for input `{port['name']}`",
            f"its arrays are {', '.join(arrays)}",
            help=did_you_mean(port["name"], arrays) or f"save it as numpy.savez(path, {port['name']}=…)",
        )
        for port in ports
        if port["name"] not in arrays
    ]
    if findings:
        raise DiagnosticError(findings)
    found = {port["name"]: _convert(f"{path}, {port['name']}", arrays[port["name"]], port, scale) for port in ports}
    if len({len(values) for values in found.values()}) > 1:
        listed = ", ".join(f"{name} has {len(values)} rows" for name, values in found.items())
        raise error("E509", f"{path}: {listed}", help="give every input one row for each example")
    return found


def _convert(
    place: str, values: np.ndarray, port: Mapping[str, Any], scale: float | None, *, channels_last: bool = False
) -> np.ndarray:
    dtype, wanted = np.dtype(port["dtype"]), port["shape"][1:]
    as_bytes = dtype == np.uint8
    if (
        values.dtype.kind == "U"
        or (dtype.kind in "iu" and values.dtype.kind == "f")
        or (as_bytes and values.dtype != dtype)
    ):
        raise error(
            "E507",
            f"{place} has dtype {values.dtype}, expected {dtype} for input `{port['name']}`",
            help=f"save it as {dtype}",
        )
    one = fit_shape(values.shape, wanted, channels_last=channels_last, as_bytes=as_bytes)
    many = fit_shape(values.shape[1:], wanted, channels_last=channels_last, as_bytes=as_bytes) if values.ndim else None
    fitted = many or one
    if fitted is None:
        raise error(
            "E504",
            f"{place} is {shape_text(values.shape)}, expected {shape_text(wanted)} for input "
            f"`{port['name']}`, or several of them along axis 0",
            help="give an array of the net's shape",
        )
    for name, size in zip(wanted, fitted[0], strict=True):
        wish = expectation(port, name, size) if isinstance(name, str) else None
        if wish is not None:
            message = f"{place} is {shape_text(values.shape)}, where `{name}` is {size}"
            raise error("E504", message, help=f"give an array whose `{name}` is {wish}")
    if many is None:
        values = values[None]
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        at = tuple(int(index[0]) for index in np.nonzero(~np.isfinite(values)))
        raise error("E506", f"{place} holds {values[at]} at {list(at if many else at[1:])}, expected a finite number")
    if len(values) == 0:
        raise error("E508", f"{place} has no rows")
    divisor = (scale or (255.0 if values.dtype == np.uint8 else None)) if dtype.kind == "f" else None
    return Fit(fitted[0], dtype, fitted[1], divisor)(values)
