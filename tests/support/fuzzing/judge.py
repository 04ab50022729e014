"""Whether a case failed, and how: one run of it with its time and its memory."""

from __future__ import annotations

import resource
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from fuzzing.kind import Kind
from netc.grammar.diagnostics import DiagnosticError

SECONDS = 5.0
MEGABYTES = 500
ROOT = Path(__file__).resolve().parents[3]
OWN = ("/grammar/", "/compiler/", "/runtime/", "/netc/")


@dataclass(frozen=True, slots=True)
class Failure:
    """What a case did wrong: in a line that is the same for cases that fail alike, and all there is to say."""

    line: str
    details: str = ""


def judged(kind: Kind, content: bytes, place: Path) -> Failure | None:
    """Run a case; None where netc did what it may: an answer, or findings with codes."""
    before, start = peak(), time.process_time()
    failure = None
    try:
        kind.run(content, place)
    except DiagnosticError:
        pass
    except (Exception, RecursionError) as error:
        failure = Failure(signature(error), "".join(traceback.format_exception(error)))
    except BaseException as error:  # what Rust's panics are, and what ends a program
        if isinstance(error, KeyboardInterrupt):
            raise
        failure = Failure(signature(error), "".join(traceback.format_exception(error)))
    if failure is not None:
        return failure
    if (took := time.process_time() - start) > SECONDS:
        return Failure("more than 5 s of the processor", f"{took:.1f} s")
    if (grown := peak() - before) > MEGABYTES:
        return Failure("more than 500 MB", f"{grown:,} MB")
    return None


def signature(error: BaseException) -> str:
    """The class of an exception, and the line of netc that it came through last."""
    frames = traceback.extract_tb(error.__traceback__)
    named = [(frame, frame.filename.replace(str(ROOT), "")) for frame in frames]
    own = [(frame, name) for frame, name in named if name.startswith(OWN)] or named[-1:]
    where = f"{own[-1][1].lstrip('/')}:{own[-1][0].lineno}" if own else "nowhere"
    return f"{type(error).__name__} in {where}"


def peak() -> int:
    """Megabytes that this process had at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
