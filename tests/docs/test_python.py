"""The README's Python and that of docs/python.md run in an empty folder, and what the facade says of itself is true."""

from __future__ import annotations

import pydoc
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import netc

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGE = (ROOT / "docs/python.md").read_text("utf-8")


def blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.S)


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_readme_s_block_runs() -> None:
    (block,) = blocks(README)
    exec(compile(block, "README.md", "exec"), {})


@pytest.mark.filterwarnings("ignore:the best epoch is chosen by")  # which the page says
@pytest.mark.slow
def test_the_page_runs_and_its_tensorboard_listener_writes() -> None:
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(PAGE):
        exec(compile(block, "docs/python.md", "exec"), names)

    class Writer:
        """The two methods of a SummaryWriter that the listener calls."""

        def __init__(self) -> None:
            self.scalars: dict[str, list[tuple[int, float]]] = {}
            self.flushed = False

        def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
            self.scalars.setdefault(tag, []).append((global_step, scalar_value))

        def flush(self) -> None:
            self.flushed = True

    writer = Writer()
    trainer = netc.Trainer(netc.Model(names["net"], device="cpu"), epochs=2)
    history = trainer.fit((names["x"], names["y"]), validation=0.2, listener=names["TensorBoard"](writer))
    assert writer.flushed
    assert len(writer.scalars["step/loss"]) == trainer.progress.step
    assert writer.scalars["epoch/validation_accuracy"] == list(enumerate(history["validation_accuracy"], 1))

    before = history["learning_rate"]
    plateau = names["Plateau"](patience=1)
    plateau.started(trainer.progress, 4, 1)
    plateau.epoch_ended({}, improved=False)
    assert trainer.fit((names["x"], names["y"]), validation=0.2, epochs=3)["learning_rate"][2] == before[0] / 10


def test_help_names_all_there_is() -> None:
    text = pydoc.plain(pydoc.render_doc(netc))
    assert [name for name in netc.__all__ if name not in text] == []
    for name in netc.__all__:
        assert getattr(netc, name).__doc__, name
    assert set(netc.__all__) <= set(dir(netc))
    with pytest.raises(AttributeError):
        _ = netc.modle  # type: ignore[attr-defined]


def test_importing_is_light() -> None:
    """It imports none of the heavy packages: about a tenth of a second instead of one."""
    heavy = ("numpy", "onnx", "onnxruntime", "rich", "safetensors", "PIL", "matplotlib", "torch", "IPython")
    program = f"import sys, netc; dir(netc); print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_types_are_for_users_too() -> None:
    assert (ROOT / "netc/py.typed").is_file()
    assert '"py.typed"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_every_repr_is_one_line() -> None:
    net = netc.load(ROOT / "examples/lecture/digits.net", width=2)
    trainer = netc.Trainer(netc.Model(net, device="cpu"), epochs=1)
    history = trainer.fit("digits", out="r")
    shown = [net, net.summary(), trainer.model, trainer, netc.open_data("digits"), trainer.card, trainer.plan, history,
             netc.load_run("r")]  # fmt: skip
    for text in map(repr, shown):
        assert "\n" not in text
        assert 10 < len(text) < 200
        assert (text[0], text[-1]) == ("<", ">")
        assert "0x" not in text
