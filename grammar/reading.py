"""Files to syntax trees: what cannot be read, is no text or is in another encoding is a finding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, Label, in_reading_order
from netc.grammar.limits import FILE
from netc.grammar.opening import clipped, read_file
from netc.grammar.parse import Result, parse
from netc.grammar.source import Source

ParseContent = Callable[[bytes, str], Result]


def parse_file(path: str | Path, parse_content: ParseContent | None = None) -> Result:
    """`parse` of a file, which is UTF-8 with or without a byte order mark. An unreadable file is a finding.

    parse_content  what parses the bytes, if not `parse_bytes`
    """
    name = str(path)
    try:
        data = read_file(path, FILE)
    except DiagnosticError as error:
        return _nothing(name), list(error.diagnostics)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        found = Diagnostic("E100", f"cannot read {clipped(name)}: {reason}", help="check the path and its permissions")
        return _nothing(name), [found]
    return (parse_content or parse_bytes)(data, name)


def parse_bytes(data: bytes, name: str) -> Result:
    """`parse` of a file's content, whatever its encoding turns out to be."""
    text, wrong = decoded(data, name)
    file, findings = parse(text, name)
    return file, findings if wrong is None else in_reading_order([wrong, *findings])


def decoded(data: bytes, name: str) -> tuple[str, Diagnostic | None]:
    """The text of a file's content, and what is wrong with its encoding; no text of what is none."""
    if _binary(data):
        return "", Diagnostic("E113", f"{name} is no text", help="give a .net file, which is text in UTF-8")
    if len(data) > FILE.value:
        return "", FILE.finding(f"{name} has {FILE.shown(len(data))}", help="give a .net file", asked=len(data))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", errors="replace")
        place = Label(Source(name, text).span(0, 0))
        return text, Diagnostic("E113", "the file is UTF-16", place, help="save it as UTF-8")
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", errors="replace")
        at = len(data[: error.start].decode("utf-8-sig"))
        place = Label(Source(name, text.removeprefix("\ufeff")).span(at, at + 1))
        message = f"byte {error.start} (0x{data[error.start]:02x}) is not UTF-8"
        return text, Diagnostic("E113", message, place, help="save the file as UTF-8")


def _binary(data: bytes) -> bool:
    """Whether a file is an image, an archive, a model: control characters stand where text has none."""
    beginning = data[:4096]
    controls = sum(byte < 32 and byte not in b"\t\n\v\f\r\x1b" for byte in beginning)
    return controls * 20 > len(beginning) and not data.startswith((b"\xff\xfe", b"\xfe\xff"))


def _nothing(name: str) -> ast.File:
    return ast.File(Source(name, "").span(0, 0), (), (), "")
