"""Cases of one kind that are guided by the branches of netc that they reach, where atheris is installed.

    PYTHONPATH=tests/support python -m fuzzing.guided csv --minutes 5

It begins with cases that `python -m fuzzing` makes, and changes those that reach what none did before. It ends at the
first failure, whose bytes are in a file then; `python -m fuzzing --replay KIND FILE` runs it again.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

FIRST = 100


def main() -> int:
    """The exit status is that of libFuzzer: 0 where nothing failed; 2 without atheris."""
    parser = argparse.ArgumentParser(prog="python -m fuzzing.guided", description="cases guided by coverage")
    parser.add_argument("kind")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--save", type=Path, default=Path("runs/fuzz"))
    given = parser.parse_args()
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: `pip install atheris`, where it has a wheel for this Python", file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["netc"], enable_loader_override=False):
        from fuzzing.judge import judged
        from fuzzing.kinds import chosen

        (kind,) = chosen([given.kind])
        kind.warm()
        with TemporaryDirectory(prefix="fuzz-") as place:  # imports that wait for the first case
            for seed in range(5):
                judged(kind, kind.case(seed), Path(place))
    kept = given.save.resolve() / kind.name
    kept.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="fuzz-") as corpus, TemporaryDirectory(prefix="fuzz-") as place:
        for seed in range(FIRST):
            (Path(corpus) / str(seed)).write_bytes(kind.case(seed))

        def one(content: bytes) -> None:
            failure = judged(kind, content, Path(place))
            if failure is not None:
                raise RuntimeError(f"{failure.line}\n{failure.details}")

        os.chdir(place)
        seconds = int(60 * given.minutes)
        atheris.Setup(
            [sys.argv[0], corpus, f"-max_total_time={seconds}", "-timeout=60", f"-artifact_prefix={kept}/"], one
        )
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
