"""What `netc predict` is asked about: images, arrays, tables, and folders of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import Any

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.runtime.data import answers
from netc.runtime.data.array_input import Reader, convert
from netc.runtime.data.arrays import load_array, load_npz
from netc.runtime.data.bind import bind_part
from netc.runtime.data.cards.card import Card, InputCard
from netc.runtime.data.errors import error, finding, shape_text
from netc.runtime.data.files_below import skipped_text, unread
from netc.runtime.data.formats.base import format_of_file
from netc.runtime.data.formats.images_by_class import image_files
from netc.runtime.data.images.decode import LEVELS, WHITE, Header, read_header, read_image
from netc.runtime.data.images.intact import is_damage, left_out, none_left, together
from netc.runtime.data.images.opened import SUFFIXES
from netc.runtime.data.images.pictures import called
from netc.runtime.data.open import open_data
from netc.runtime.data.spec import Options, check_used, parse_spec, split_spec

Ports = Sequence[Mapping[str, Any]]
IMAGE = frozenset({"background", "damaged"})
"""The options that a single image is read by, besides `scale`."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Examples for a net.

    names   what to call each row: "cat.png", "batch.npy[3]"
    arrays  input -> [rows, …], converted as training data is
    notes   what was changed on the way: "cat.png: 480x640 scaled to 28x28"
    labels  the right class of each row as the model numbers them, -1 where the file doesn't say; None: of no row
    skipped  files in folders that nothing read, by ending
    """

    names: tuple[str, ...]
    arrays: Mapping[str, np.ndarray]
    notes: tuple[str, ...] = ()
    labels: np.ndarray | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A file to read, what to call it, and the class whose folder it lies in."""

    spec: str
    name: str
    folder: str | None = None


def read_inputs(paths: Sequence[str | Path], ports: Ports, *, card: Card | None = None) -> Inputs:
    """Read files for the data inputs of a model, all of them as one batch, in the order of the paths.

    paths  images (for a net with one input), `.npy` of one example or several, `.npz` with an array for each input,
           `.csv` with the columns of the training, folders of these, and patterns such as `photos/*.png`; options may
           follow, of which images take `background`, `damaged` and `scale`, arrays `scale`
    ports  of a manifest; those of role data are read, and labels for the first target of classes
    card   what the data meant when the model was trained
    Raises DiagnosticError E500 to E512 and E521, for every file that is wrong.
    """
    wanted = [port for port in ports if port["role"] == "data"]
    card = card or Card("", (), ())
    reader = Reader(wanted, card, *answers.target_of(card, ports))
    names: list[str] = []
    rows: dict[str, list[np.ndarray]] = {port["name"]: [] for port in wanted}
    labels: list[np.ndarray] = []
    findings: list[Diagnostic] = []
    damage: list[Diagnostic] = []
    read: list[str] = []
    files = [file for path in paths for file in _expanded(reader, str(path))]
    for file in files:
        try:
            arrays, labelled = _read(reader, file)
        except DiagnosticError as wrong:
            if not is_damage(wrong) or Path(parse_spec(file.spec)[0]).suffix.lower() not in SUFFIXES:
                findings += wrong.diagnostics
            elif parse_spec(file.spec)[1].damaged == "skip":
                reader.damaged.append(file.name)
            else:
                damage += wrong.diagnostics
            continue
        count = len(next(iter(arrays.values())))
        read.append(file.spec)
        names += [file.name] if count == 1 else [f"{file.name}[{row}]" for row in range(count)]
        labels.append(np.full(count, -1) if labelled is None or len(labelled) != count else labelled)
        for input_name, values in arrays.items():
            rows[input_name].append(values)
    if damage:
        findings.insert(0, together(damage, len(files)))
    if not findings and not labels:
        findings = [none_left(reader.damaged)]
    findings = findings or _different(rows, read)
    if findings:
        raise DiagnosticError(findings)
    known = np.concatenate(labels)
    return Inputs(
        tuple(names),
        {name: np.concatenate(parts) for name, parts in rows.items()},
        _notes(reader),
        known if (known >= 0).any() else None,
        dict(reader.skipped),
    )


def _notes(reader: Reader) -> tuple[str, ...]:
    looked = [f"{counted(count, 'image')}: {what}" for what, count in reader.counted.items()]
    return (
        *dict.fromkeys(reader.notes),
        *left_out(reader.damaged),
        *looked,
        *([skipped_text(reader.skipped)] if reader.skipped else []),
    )


def _expanded(reader: Reader, spec: str) -> list[Asked]:
    """What a path stands for, or else each file and folder of the pattern that it is."""
    path, options = split_spec(spec)
    try:
        matches = [] if Path(path).exists() else sorted(glob(path, recursive=True))
    except (OSError, ValueError):
        matches = []
    return [file for match in matches or [path] for file in _files(reader, match, options)]


def _files(reader: Reader, path: str, options: str) -> list[Asked]:
    """The images of a folder, or the path itself, which may lead nowhere."""
    try:
        place = Path(path)
        if place.is_dir() and (images := list(image_files(place))):
            check_used(path, parse_spec(path + options)[1], _used(reader, IMAGE))
            reader.skipped.update(unread(place, frozenset(images)))
            found = [(str(file.relative_to(place)), answers.folder_of(file, place)) for file in images]
            return [Asked(f"{place / name}{options}", name, folder) for name, folder in found]
    except (OSError, ValueError):
        pass
    return [Asked(path + options, Path(path).name)]


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


def _read(reader: Reader, file: Asked) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """The inputs of a file, and its labels where it has some."""
    place, options = parse_spec(file.spec)
    path, ports = Path(place), reader.ports
    suffix = path.suffix.lower()
    if suffix == ".npz":
        check_used(file.name, options, _used(reader))
        return _from_archive(reader, path, options)
    if path.is_dir() or (suffix != ".npy" and format_of_file(path) is not None):
        data = open_data(file.spec, card=reader.card if reader.card.inputs else None)
        _, rows = bind_part(data, ports, reader.card if reader.card.inputs else None, "all")
        reader.skipped.update(data.skipped)
        reader.notes.extend(note for note in data.notes if note != skipped_text(data.skipped))
        return rows.batch(np.arange(len(rows))), answers.of_data(reader, data)
    if suffix != ".npy" and suffix not in SUFFIXES and path.is_file():
        raise error(
            "E501",
            f"{path} is neither an image nor an array nor a table",
            f"images: {', '.join(sorted(SUFFIXES))}",
            help="give an image, a .npy, .npz or .csv file, or a folder of images",
        )
    if len(ports) != 1:
        names = ", ".join(f"`{port['name']}`" for port in ports)
        raise error(
            "E503", f"{path} is one array, the net has the inputs {names}", help="give an npz with one array for each"
        )
    port = ports[0]
    if suffix == ".npy":
        check_used(file.name, options, _used(reader))
        return {port["name"]: convert(reader, str(path), load_array(path), port, said=options.scale)}, None
    check_used(file.name, options, _used(reader, IMAGE))
    return {port["name"]: _from_image(reader, path, port, options)}, answers.of_folder(reader, file.folder)


def _used(reader: Reader, others: frozenset[str] = frozenset()) -> frozenset[str]:
    """The options of single files: what an input asks for follows from the net and its card."""
    divided = any(np.dtype(port["dtype"]).kind == "f" for port in reader.ports)
    return others | ({"scale"} if divided else frozenset())


def _from_image(reader: Reader, path: Path, port: Mapping[str, Any], options: Options) -> np.ndarray:
    sizes = port["shape"][1:]
    if len(sizes) == 3:
        height, width, channels = sizes if port["dtype"] == "uint8" else (*sizes[1:], sizes[0])
    else:
        raise error(
            "E504",
            f"{path} is an image, input `{port['name']}` is {shape_text(sizes)}",
            help="give a .npy file with an array of that shape",
        )
    header, known = read_header(path), reader.known(port)
    if channels not in (1, 3):
        if isinstance(channels, int):
            raise error(
                "E504",
                f"{path} is an image, input `{port['name']}` has {counted(channels, 'channel')}",
                help="give a .npy file with an array of that shape",
            )
        channels = known.channels or (3 if header.colour else 1)
    size = _size_of(header, known, (height, width))
    after = known.resized or size
    if after != (header.height, header.width):
        reader.notes.append(f"{path.name}: {shape_text((header.height, header.width))} scaled to {shape_text(after)}")
    if header.colour and channels == 1:
        reader.notes.append(f"{path.name}: colour turned to grey")
    background = options.background or known.treated.get("transparency", WHITE)
    if header.transparent:
        reader.counted[f"transparency composited on {called(background)}"] += 1
    if header.reduced:
        reader.counted["16 bits read as 8"] += 1
    if header.several:
        reader.counted["several frames or pages, of which the first is read"] += 1
    top = known.levels or LEVELS
    image = read_image(path, channels, size, background=background, deep=header.deep, top=top)
    if header.deep and known.levels is None and known.scale is None and options.scale is None:
        reader.counted[f"16 bits divided by {LEVELS:,}, where the model was trained on others"] += 1
    return convert(reader, str(path), image[None], port, said=options.scale, channels_last=True)


def _size_of(header: Header, known: InputCard, wanted: Sequence[int | str]) -> tuple[int, int]:
    """The height and width to read an image in, which are those that the training read its images in.

    Where those were resized to the `wanted` ones, so is this one, by `convert`; where none is wanted, it keeps its own.
    """
    own = header.height, header.width
    stored = known.size if known.size is not None and "size" in known.treated else own
    if known.resized is not None:
        return stored
    height, width = (want if isinstance(want, int) else size for want, size in zip(wanted, stored, strict=True))
    return height, width


def _from_archive(reader: Reader, path: Path, options: Options) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    arrays, ports = load_npz(path), reader.ports
    if len(ports) == 1 and len(arrays) == 1:
        arrays = {ports[0]["name"]: next(iter(arrays.values()))}
    names = {port["name"]: _array_name(reader, port, arrays) for port in ports}
    findings = [
        finding(
            "E503",
            f"{path} has no array for input `{name}`",
            f"its arrays are {', '.join(arrays)}",
            help=did_you_mean(name, arrays) or f"save it as numpy.savez(path, {name}=…)",
        )
        for name, source in names.items()
        if source not in arrays
    ]
    if findings:
        raise DiagnosticError(findings)
    places = {name: f"{path}, {source}" for name, source in names.items()}
    found = {
        port["name"]: convert(reader, places[port["name"]], arrays[names[port["name"]]], port, said=options.scale)
        for port in ports
    }
    if len({len(values) for values in found.values()}) > 1:
        listed = ", ".join(f"{name} has {counted(len(values), 'row')}" for name, values in found.items())
        raise error("E509", f"{path}: {listed}", help="give every input one row for each example")
    return found, answers.of_arrays(reader, path, arrays)


def _array_name(reader: Reader, port: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    source = reader.known(port).sources[0]
    return source if source in arrays and port["name"] not in arrays else str(port["name"])
