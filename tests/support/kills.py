"""Trainings that are killed and go on: each in a child of its own, forked before ONNX Runtime has any threads.

    python kills.py FOLDER COUNT SEED    COUNT trainings in the folder's text and data; prints what went wrong, as JSON

Half of them die at a random operation of the file system, just before or just after it, the others at a random
moment. Then they do what a user would: `--resume` where there is a run.json, the same command again where there is
none.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from netc.cli import run
from netc.grammar.documents import checked
from netc.grammar.opening import read_text_file
from netc.runtime.folder import door
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.training.loop import Loop

NEW = ("train", "tiny.net", "--data", "data.npz", "--device", "cpu", "--out")


def counted(act: Callable[[int, str], None], after: bool) -> None:
    """Let every operation of the door call `act` with its number, before it or after it."""
    number = 0

    def watched(operation: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal number
            number += 1
            if not after:
                act(number, name)
            result = operation(*arguments)
            if after:
                act(number, name)
            return result

        return call

    for name in door.OPERATIONS:
        setattr(door, name, watched(getattr(door, name), name))


def often() -> None:
    """Let checkpoints be written in the middle of epochs too."""
    made = Loop.__init__

    def init(self: Loop, *arguments: Any) -> None:
        made(self, *arguments)
        self.checkpoint_seconds = 0.01

    Loop.__init__ = init  # type: ignore[method-assign]


def in_child(work: Callable[[], int], seconds: float | None = None) -> int:
    """The wait status of a forked process that does the work, killed after so many seconds."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            with redirect_stderr(io.StringIO()) as said, redirect_stdout(io.StringIO()):
                code = work()
            if code:
                sys.stderr.write(said.getvalue())
                sys.stderr.flush()
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def train(out: Path) -> int:
    """What a user does next."""
    often()
    return run(["train", "--resume", str(out)] if (out / "run.json").exists() else [*NEW, str(out)])


def result(out: Path) -> dict[str, Any]:
    """All that has to be equal to the last bit."""
    folder = RunFolder(out)
    tensors, about, progress = folder.read_last()
    records = [checked(json.loads(line)) for line in read_text_file(folder.metrics).splitlines()]
    for record in (*records, *progress.history):
        record.pop("seconds")
    best = {name: array.tobytes().hex() for name, array in load_file(folder.best).items()}
    return {
        "last": {name: array.tobytes().hex() for name, array in tensors.items()},
        "best": best,
        "model": folder.model.read_bytes().hex(),
        "progress": {**progress.to_json(), "seconds": 0},
        "rows": about["rows"],
        "records": records,
        "files": sorted(path.name for path in out.iterdir()),
    }


def main(folder: str, count: str, seed: str) -> None:
    """Kill so many trainings."""
    os.chdir(folder)
    chance, wrong = random.Random(int(seed)), []
    operations = Path("operations")

    def note(number: int, name: str) -> None:
        operations.write_text(str(number), encoding="utf-8")

    def learn_modules() -> int:
        code = train(Path("first"))
        Path("modules").write_text("\n".join(sys.modules), encoding="utf-8")
        return code

    assert in_child(learn_modules) == 0
    for name in Path("modules").read_text(encoding="utf-8").split():
        with suppress(Exception):  # imported once, here, and not by each child
            import_module(name)
    began = time.monotonic()
    assert in_child(lambda: (counted(note, after=True), train(Path("whole")))[1]) == 0
    lasts, most = time.monotonic() - began, int(operations.read_text(encoding="utf-8"))
    whole, killed = result(Path("whole")), 0
    for number in range(int(count)):
        out = Path(f"killed{number}")
        if number % 2:
            what = f"after {(seconds := chance.uniform(0, lasts)):.3f} s"
            status = in_child(lambda out=out: train(out), seconds)
        else:
            at, after = chance.randint(1, most), chance.random() < 0.5
            what = f"{'after' if after else 'before'} operation {at} of {most}"

            def die(reached: int, name: str, at: int = at) -> None:
                if reached == at:
                    os.kill(os.getpid(), signal.SIGKILL)

            status = in_child(lambda out=out, die=die, after=after: (counted(die, after), train(out))[1])
        killed += os.WIFSIGNALED(status)
        if (again := in_child(lambda out=out: train(out))) != 0:
            wrong.append(f"{out}, killed {what}: ended with {os.waitstatus_to_exitcode(again)}")
            continue
        found = result(out)
        wrong += [f"{out}, killed {what}: {name} differs" for name in whole if found[name] != whole[name]]
    print(json.dumps({"killed": killed, "operations": most, "wrong": wrong}))


if __name__ == "__main__":
    main(*sys.argv[1:])
