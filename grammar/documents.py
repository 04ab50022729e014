"""Documents that netc keeps in files of its own, as JSON: each says its version and carries a checksum of the rest.

They are read here and nowhere else. What they say of their version counts first: a file of a newer netc is no damage.
Then the checksum, which says whether anybody or anything changed a byte that matters; whoever changes one on purpose
takes the entry `checksum` out, and the file is read without.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.limits import DATA, FILE, Limit
from netc.grammar.opening import Name, clipped, read_file
from netc.grammar.schema import FormError, conform

DAMAGED, NEWER, FORBIDDEN = "E534", "E535", "E536"
CHECKSUM = "checksum"
VERSION = "version"
KIND = "sha256:"
BY_HAND = "take its entry `checksum` out if you changed it on purpose"


class DocumentError(ValueError):
    """A text is no document of its kind: what it `is` instead, with the code that says which fault it is.

    code  E534 where the checksum says that it was changed, E535 of another version, None where it is of another form
    """

    def __init__(self, reason: str, code: str | None = None, help: str | None = None) -> None:
        super().__init__(reason)
        self.code, self.help = code, help

    def finding(self, what: str, code: str, help: str) -> Diagnostic:
        """Told of a file; `code` and `help` are those of another form."""
        way_out = help if self.code is None else self.help if self.code == NEWER else f"{help}; {self.help}"
        return Diagnostic(self.code or code, f"{what} {self}", help=way_out)


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document with the checksum of what it says."""
    return {**document, CHECKSUM: _checksum(document)}


def written(document: Mapping[str, Any]) -> bytes:
    """A document as the bytes of its file, sealed."""
    return (json.dumps(sealed(document), indent=2) + "\n").encode()


def answered(value: Any, indent: int | None = None) -> str:
    """A value as JSON for other programs. JSON has no word for NaN and infinity: they are null."""
    return json.dumps(_finite(value), indent=indent, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def opened(text: str, form: Any, version: int | None = None) -> Any:
    """What a document says, as its form; raises DocumentError.

    version  the one that this netc reads; None for a document that has none
    """
    found = parsed(text)
    if not isinstance(found, dict):
        raise DocumentError("is of another form: it is no table")
    if version is not None:
        _check_version(found, version)
    found = checked(found)
    if version is not None:
        del found[VERSION]
    try:
        return conform(found, form)
    except FormError as reason:
        raise of_another_form(reason) from None


def parsed(text: str) -> Any:
    """The value of a JSON text; raises DocumentError."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        said = text.strip()
        torn = said[:1] in ("{", "[") and (said[-1:] not in ("}", "]") or error.pos >= len(text.rstrip()))
        raise DocumentError("is cut off" if torn else "is no JSON" if said else "is empty") from None
    except (ValueError, RecursionError):  # numbers of thousands of digits, and lists in lists without an end
        raise DocumentError("is no JSON that anybody writes") from None


def checked(found: Mapping[str, Any]) -> dict[str, Any]:
    """A document without its checksum, which says that it is as it was; raises DocumentError E534."""
    rest = {name: value for name, value in found.items() if name != CHECKSUM}
    if CHECKSUM in found and found[CHECKSUM] != _checksum(rest):
        raise DocumentError("is damaged: what it says does not match its checksum", DAMAGED, BY_HAND)
    return rest


def read_document(path: Name, form: Any, *, version: int | None, code: str, help: str) -> Any:
    """What a document in a file says, as its form.

    code, help   of the finding about one that is cut off or of another form

    Raises DiagnosticError `code`, E534 damaged, E535 of another version, E536 not permitted, and as `read_file`
    does; FileNotFoundError where there is none.
    """
    return _opened(clipped(str(path)), _content(path, FILE, code, help), form, version, code, help)


def read_lines(path: Name, form: Any, *, code: str, help: str) -> list[Any]:
    """What a file says that has a document of this form in each line; raises as `read_document`, naming the line."""
    shown, lines = clipped(str(path)), _content(path, DATA, code, help).splitlines()
    return [_opened(f"{shown}, line {at},", line, form, None, code, help) for at, line in enumerate(lines, 1)]


def _content(path: Name, most: Limit, code: str, help: str) -> bytes:
    try:
        return read_file(path, most)
    except PermissionError as error:
        raise not_permitted(path, error) from None
    except FileNotFoundError:
        raise
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise DiagnosticError(Diagnostic(code, f"cannot read {clipped(str(path))}: {said}", help=help)) from None


def _opened(what: str, content: bytes, form: Any, version: int | None, code: str, help: str) -> Any:
    try:
        return opened(content.decode(), form, version)
    except UnicodeDecodeError:
        raise DiagnosticError(Diagnostic(code, f"{what} is no JSON", help=help)) from None
    except DocumentError as error:
        raise DiagnosticError(error.finding(what, code, help)) from None


def not_permitted(path: Name, error: OSError) -> DiagnosticError:
    """E536: the system lets nobody read it, or not this user."""
    said = (error.strerror or "permission denied").lower()
    help = "ask its owner, or let yourself read it: `chmod u+r` on the file, `chmod u+rx` on its folder"
    return DiagnosticError(Diagnostic(FORBIDDEN, f"{clipped(str(path))} may not be read: {said}", help=help))


def of_another_form(reason: FormError) -> DocumentError:
    """A document says something that is not of the form that this netc reads."""
    return DocumentError(f"is of another form: {reason}")


def of_another_version(found: Any, version: int) -> DocumentError:
    """E535: what a file says of its version is not what this netc reads."""
    if isinstance(found, int) and not isinstance(found, bool) and found > version:
        reason = f"is of version {str(found)[:20]}, newer than this netc, which reads version {version}"
        return DocumentError(reason, NEWER, "use the netc that made it, or a newer one than this")
    if isinstance(found, int) and not isinstance(found, bool):
        reason = f"is of version {str(found)[:20]}, older than this netc, which reads version {version}"
        return DocumentError(reason, NEWER, "use the netc that made it")
    return DocumentError("is of another form: its entry `version` is no whole number")


def _check_version(found: Mapping[str, Any], version: int) -> None:
    if VERSION not in found:
        raise DocumentError("is of another form: its entry `version` is missing")
    if type(found[VERSION]) is not int or found[VERSION] != version:
        raise of_another_version(found[VERSION], version)


def _checksum(document: Mapping[str, Any]) -> str:
    said = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return KIND + sha256(said.encode()).hexdigest()
