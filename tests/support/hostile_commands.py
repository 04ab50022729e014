"""Whole commands of netc on files that are damaged, foreign or made to harm: what each says, takes and leaves behind.

`PYTHONPATH=tests/support python -m hostile_commands [WORDS]` runs all of them, or those whose name has the words in it,
and prints the figures of docs/trust.md.
"""

from __future__ import annotations

import os
import pickle
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from bad_models import BAD, NO_MODELS
from hostile_models import HOSTILE
from hostile_networks import NETWORKS
from hostile_weights import ARCHIVES, HUGE, LIES, PICKLES, PROGRAMS, Run, tensor, zipped
from processes import surroundings
from safetensors.numpy import save

Array = np.ndarray[Any, Any]

PROGRAM = """
import sys
from pathlib import Path
from netc.cli import run
code = run(sys.argv[2:])
(line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
Path(sys.argv[1]).write_text(line.split()[1])
sys.exit(code)
"""

LIMITS = {"SECONDS": "2", "MEMORY": "256MiB", "TENSORS": "16MiB"}
"""Of the process in which `predict`, `eval` and `import` run a model as it is."""

SMALL = "net Small { input x: 4; y = dense(4) }\ntrain Small { loss = mse(y, goal); batch = 4; epochs = 1 }\n"
LOSS = ("--loss", "mse(output, goal)")

TOLD = {
    "import": ("import", "FILE", "-o", "out.net", "--weights", "out.safetensors"),
    "check": ("check", "FILE"),
    "lint": ("lint", "FILE"),
    "summary": ("summary", "FILE"),
    "graph": ("graph", "FILE", "-o", "out.svg"),
}
"""What tells of a model as a network, whose sizes may be any."""

TAKEN = TOLD | {
    "compile": ("compile", "FILE", "-o", "out.onnx"),
    "bench": ("bench", "FILE", *LOSS, "--batch", "2", "--rounds", "1", "--no-torch"),
    "train": ("train", "FILE", "--data", "rows.npz", *LOSS, "--epochs", "1", "--batch", "2", "--out", "out"),
    "show": ("show", "saliency", "FILE", "a.png", "-o", "out.png"),
}
"""What takes a model as a network: it becomes a text, and only what is compiled of that is run."""

PREDICTED = {"predict": ("predict", "FILE", "x.npy")}
RUN = PREDICTED | {"eval": ("eval", "FILE", "--data", "rows.npz")}
"""What runs a model as it is, in a process of its own."""

WEIGHED = {
    "weights": ("weights", "FILE", "-o", "out.safetensors"),
    "init": ("train", "small.net", "--data", "rows.npz", "--init", "FILE", "--out", "out"),
}
"""What takes the numbers of a file."""

SEEN = {
    "show weights": ("show", "weights", "small.net", "--weights", "FILE", "-o", "out.png"),
    "style": ("style", "a.png", "a.png", "--with", "small.net", "--weights", "FILE", "-o", "out.png"),
}
"""What looks through them."""


FITTED = {verb: words for verb, words in WEIGHED.items() if verb == "init"}

FOREIGN = {
    "100 GB": HUGE.to_bytes(8, "little") + bytes(40),
    "half": b"\x40" + bytes(20),
    "a picture": b"GIF89a" + bytes(99),
    "a program": b"\x7fELF" + bytes(60),
    "gzip": b"\x1f\x8b" + bytes(60),
}
"""Under every name that weights may have."""

ONES = {"y.weight": np.ones((4, 4), np.float32), "y.bias": np.ones(4, np.float32)}
OTHERS: dict[str, tuple[dict[str, Array], tuple[str, ...]]] = {
    "another shape": (ONES | {"y.weight": np.ones((3, 3), np.float32)}, ("E552",)),
    "one is missing": ({"y.weight": ONES["y.weight"]}, ("E550",)),
    "another name": ({"z.weight": ONES["y.weight"], "y.bias": ONES["y.bias"]}, ("E550", "E551")),
    "no numbers": (ONES | {"y.weight": np.full((4, 4), np.nan, np.float32)}, ("E568",)),
}
"""Of another network than the small one."""


class Case(NamedTuple):
    """A file, and what is done with it.

    name     of the file
    content  its bytes, when they are wanted
    verbs    the commands, `FILE` in them
    codes    what may be found, each of it a refusal
    images   whether the rows beside it are pictures
    """

    name: str
    content: Callable[[], bytes]
    verbs: dict[str, tuple[str, ...]]
    codes: tuple[str, ...]
    images: bool = False


class Outcome(NamedTuple):
    """How a command ended: exit code, codes of its findings, memory and time of a processor, files that it left."""

    exit: int
    codes: tuple[str, ...]
    megabytes: int
    seconds: float
    left: tuple[str, ...]
    said: str


def cases() -> dict[str, Case]:
    """Every file, by the kind that it is of and its name."""
    return _of_models() | _of_weights()


def _bytes(make: Callable[[], onnx.ModelProto]) -> bytes:
    return make().SerializeToString()


def _of_models() -> dict[str, Case]:
    found: dict[str, Case] = {}
    for name, content in NO_MODELS.items():
        found[f"no model/{name}"] = Case("m.onnx", lambda content=content: content, TAKEN | RUN, ("E565", "E591"))
    for name, (make, code, _) in BAD.items():
        content = partial(_bytes, make)
        found[f"bad model/{name}"] = Case("m.onnx", content, TAKEN, (code,))
        found[f"bad model, run/{name}"] = Case("m.onnx", content, PREDICTED, ("E540", "E565", "E567"))
    for name, (grown, codes) in NETWORKS.items():
        found[f"hostile network/{name}"] = Case("m.onnx", grown, TAKEN, codes, images=True)
    for name, (made, code) in HOSTILE.items():
        found[f"hostile model/{name}"] = Case("m.onnx", made, RUN, (code, "E564"))
    return found


def _of_weights() -> dict[str, Case]:
    found: dict[str, Case] = {}
    touch = {"a command": pickle.dumps(Run(os.system, "touch out")), "an expression": pickle.dumps(Run(eval, "1"))}
    storages = {name: zipped(tensor(*lie), {"0": bytes(24)}) for name, lie in LIES.items()}
    zips = {f"{name}, zipped": zipped(content) for name, content in (PROGRAMS | touch).items()}
    for kind, codes, ending, made in (
        ("program", ("E572",), ".pth", PROGRAMS | touch | zips),
        ("pickle", ("E553",), ".pth", PICKLES),
        ("storage", ("E553", "E572"), ".pth", storages),
        ("archive", ("E553",), ".npz", {name: make() for name, make in ARCHIVES.items()}),
    ):
        for name, content in made.items():
            found[f"{kind}/{name}"] = Case(f"w{ending}", lambda content=content: content, WEIGHED, codes)
    for ending in (".safetensors", ".pth", ".npz", ".onnx", ".h5"):
        for name, content in FOREIGN.items():
            case = Case(f"w{ending}", lambda content=content: content, WEIGHED | SEEN, ("E553", "E565"))
            found[f"foreign weights/{name} as {ending}"] = case
    for name, (arrays, codes) in OTHERS.items():
        content = partial(save, arrays)
        found[f"other weights/{name}"] = Case("w.safetensors", content, FITTED | SEEN, codes)
    return found


def prepared(folder: Path, case: Case) -> Path:
    """A folder with the file and what the commands read beside it."""
    from PIL import Image

    (folder / case.name).write_bytes(case.content())
    (folder / "small.net").write_text(SMALL)
    rows = np.ones((4, 3, 8, 8) if case.images else (4, 4), np.float32)
    np.save(folder / "x.npy", rows)
    np.savez(folder / "rows.npz", x=rows, goal=np.ones((4, 2) if case.images else (4, 4), np.float32))
    Image.new("RGB", (32, 32), "white").save(folder / "a.png")
    return folder


def ran(folder: Path, case: Case, verb: str, limit: float = 120.0) -> Outcome:
    """One command, in a process of its own."""
    before = set(folder.rglob("*"))
    words = [case.name if word == "FILE" else word for word in case.verbs[verb]]
    most, said = folder / "most", folder / "said"
    environment = surroundings(**{f"NETC_LIMIT_{name}": value for name, value in LIMITS.items()})
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with said.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(most), *words], cwd=folder, env=environment, stdout=output,
            stderr=subprocess.STDOUT, timeout=limit, check=False,
        )  # fmt: skip
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = said.read_text("utf-8", "replace")
    codes = tuple(dict.fromkeys(re.findall(r"^error\[(\w+)\]", text, re.MULTILINE)))
    megabytes = int(most.read_text()) >> 10 if most.exists() else 0
    left = sorted(path.name for path in set(folder.rglob("*")) - before - {most, said})
    for path in (most, said):
        path.unlink(missing_ok=True)
    seconds = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    return Outcome(done.returncode, codes, megabytes, seconds, tuple(left), text)


def every(word: str = "") -> Iterator[tuple[str, str, Outcome]]:
    """Name, verb and outcome of every command whose name has a word in it."""
    for name, case in cases().items():
        for verb in case.verbs:
            if word in f"{name} {verb}":
                with tempfile.TemporaryDirectory() as folder:
                    yield name, verb, ran(prepared(Path(folder), case), case, verb)


def main() -> None:
    """Print how every command ended, and the most that each kind of file took."""
    worst: dict[str, list[float]] = {}
    for name, verb, found in every(" ".join(sys.argv[1:])):
        ended = f"{found.exit:3} {' '.join(found.codes):12} {found.megabytes:5} MB {found.seconds:6.2f} s"
        print(f"{name:45} {verb:12} {ended} {' '.join(found.left)}", flush=True)
        figures = worst.setdefault(name.partition("/")[0], [0, 0, 0])
        figures[:] = [figures[0] + 1, max(figures[1], found.megabytes), max(figures[2], found.seconds)]
    print("\n| file | commands | most memory | most time of a processor |\n|---|---:|---:|---:|")
    for kind, (count, megabytes, seconds) in worst.items():
        print(f"| {kind} | {count:.0f} | {megabytes:.0f} MB | {seconds:.1f} s |")


if __name__ == "__main__":
    main()
