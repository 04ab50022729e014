"""No artifact holds code, and nothing that is read is run: the whole source is searched for what could."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("grammar", "compiler", "runtime", "netc")
"""What is installed; `bench/` and `examples/` are programs of the project's own."""

MODULES = {
    "pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "yaml", "imp", "code",
    "codeop", "pdb", "timeit", "xmlrpc", "multiprocessing", "concurrent",
}  # fmt: skip
"""Modules that run what they read, or send objects as pickles between processes."""

CALLS = {"eval", "exec", "compile", "__import__", "input", "breakpoint"}
"""Built-in functions that run text. A name with a dot in front is another thing: `re.compile`."""

IMPORTS = {"import_module", "find_spec", "spec_from_file_location", "exec_module", "run_path", "run_module"}
"""What imports by a text: each place says where its text comes from."""

PROGRAMS = {"system", "popen", "Popen", "check_output", "check_call", "execv", "execvp", "spawnv", "startfile"}
"""What starts a program; `subprocess.run` too."""

READERS = {"torch.load", "joblib.load", "yaml.load", "np.load", "numpy.load", "pd.read_pickle", "read_pickle"}
"""What runs pickles unless it is told not to."""

ENDS = {"run", "call", "eval", *(reader.rpartition(".")[2] for reader in READERS)}
"""How a call ends that is looked at as a whole."""

OWN = "modules of its own: those of its folder, or of a table in the file"
ALLOWED: dict[tuple[str, str], str] = {
    **{(name, "import_module"): OWN for name in (
        "netc/__init__.py", "compiler/__init__.py", "compiler/declare/declared.py",
        "compiler/importing/fold/__init__.py", "compiler/importing/lift/__init__.py",
        "compiler/importing/lower/__init__.py",
        "compiler/ir/operators.py", "compiler/lint/base.py", "compiler/ops/__init__.py",
        "runtime/data/formats/base.py", "netc/cli/__init__.py", "netc/cli/formats/__init__.py",
        "netc/cli/show/__init__.py",
    )},
    ("runtime/devices/telemetry.py", "import_module"): "a module of ONNX Runtime's, whose name the caller's source has",
    ("runtime/devices/fast_library.py", "import_module"): "netc_fast, which has the operators of `netc[fast]`",
    **{(f"runtime/measure/{name}.py", "import_module"): "PyTorch, which not every installation has"
       for name in ("against_torch", "torch_ops", "torch_step")},
    **{(name, "find_spec"): "whether an optional package is installed" for name in (
        "runtime/inside/embedding.py", "runtime/measure/against_torch.py", "runtime/show/plot.py", "netc/cli/server.py",
    )},
    **{(name, "system"): "the name of the system, `platform.system`" for name in (
        "runtime/devices/environment.py", "runtime/training/conditions.py", "netc/cli/failures.py",
    )},
    ("runtime/data/tables/plain_numbers.py", "concurrent.futures"): "threads",
    ("compiler/lint/running.py", "multiprocessing"): "processes that it starts itself, and tells which files to lint",
    ("netc/server/session.py", "multiprocessing"): "a process that it starts itself, and tells which texts to look at",
    ("netc/server/session.py", "concurrent.futures"): "the same",
    ("netc/server/session.py", "concurrent.futures.process"): "the same",
    ("netc/cli/sides.py", "subprocess.run"): "git, for the text of another version",
    ("runtime/sessions/isolated/process.py", "Popen"): "Python with a module of its own: where strangers' models run",
}  # fmt: skip
"""Places that are looked at one by one, and why each is none that data reaches."""


def found() -> Iterator[tuple[str, str, int]]:
    """File, what is in it, line."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if (ROOT / room).resolve() == path.resolve() or any(part.is_symlink() for part in path.parents):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield from ((name, what, getattr(node, "lineno", 0)) for what in risks(node))


def risks(node: ast.AST) -> Iterator[str]:
    """What in a node could run what is read."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
    if isinstance(node, ast.ImportFrom) and not node.level:
        if (node.module or "").partition(".")[0] in MODULES:
            yield str(node.module)
        yield from (alias.name for alias in node.names if alias.name in IMPORTS | PROGRAMS)
    if isinstance(node, ast.Name) and node.id in CALLS - {"compile", "input"}:
        yield node.id
    if not isinstance(node, ast.Call):
        return
    function = node.func
    if isinstance(function, ast.Name) and function.id in CALLS:
        yield function.id
    if isinstance(function, ast.Attribute):
        called = ast.unparse(function) if function.attr in ENDS else ""
        if function.attr in IMPORTS | PROGRAMS or called in ("subprocess.run", "subprocess.call", "builtins.eval"):
            yield function.attr if called != "subprocess.run" else called
        if called in READERS and not says(node, "allow_pickle", False) and not says(node, "weights_only", True):
            yield called
    if says(node, "allow_pickle", True) or says(node, "weights_only", False) or says(node, "shell", True):
        yield "allow_pickle=True, weights_only=False or shell=True"


def says(call: ast.Call, name: str, value: bool) -> bool:
    return any(
        word.arg == name and isinstance(word.value, ast.Constant) and word.value.value is value
        for word in call.keywords
    )


def test_nothing_that_is_read_is_run() -> None:
    places = {(name, what): line for name, what, line in found()}
    more = {f"{name}:{line}": what for (name, what), line in places.items() if (name, what) not in ALLOWED}
    assert more == {}, "say in ALLOWED why nothing that is read gets there, or do it another way"
    assert ALLOWED.keys() <= places.keys(), "no longer there: take it out of ALLOWED"


@pytest.mark.parametrize(
    "line",
    [
        "import pickle", "from pickle import loads", "import marshal as m", "import concurrent.futures", "eval(text)",
        "run = eval", "exec(text)", "compile(text, '', 'exec')", "__import__(name)", "importlib.import_module(name)",
        "from importlib import import_module", "os.system(text)", "subprocess.run(words)", "subprocess.Popen(words)",
        "run(words, shell=True)", "np.load(path)", "np.load(path, allow_pickle=True)", "torch.load(path)",
        "torch.load(path, weights_only=False)", "yaml.load(text)", "builtins.eval(text)", "import yaml",
    ],
)  # fmt: skip
def test_the_search_finds_them(line: str) -> None:
    assert any(list(risks(node)) for node in ast.walk(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    ["re.compile(text)", "np.load(path, allow_pickle=False)", "torch.load(path, weights_only=True)", "model.eval()",
     "net.compile()", "from netc.compiler import compile_step", "json.loads(text)", "def eval(model): ..."],
)  # fmt: skip
def test_the_search_leaves_others(line: str) -> None:
    assert not any(list(risks(node)) for node in ast.walk(ast.parse(line)))
