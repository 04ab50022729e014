"""What notebooks show of nets, drawings and histories, and the cell magic `%%net` in a real IPython shell."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import netc
from netc.runtime.show.history import History

TEXT = """net Small(width = 4) {
  input image: 1x8x8
  conv(width, 3x3, act=relu)
  logits = flatten -> dense(10)
}
"""


@pytest.fixture(scope="module")
def shell() -> Iterator[Any]:
    from IPython.core.interactiveshell import InteractiveShell

    made = InteractiveShell.instance()
    made.run_line_magic("load_ext", "netc")
    yield made
    InteractiveShell.clear_instance()


def test_a_cell_is_a_net_under_its_name(shell: Any) -> None:
    net = shell.run_cell_magic("net", "", TEXT)
    assert shell.user_ns["Small"] is net
    assert net.params == 1490


def test_a_variable_and_settings(shell: Any) -> None:
    net = shell.run_cell_magic("net", "tiny --net Small --set width=2", TEXT)
    assert shell.user_ns["tiny"] is net
    assert dict(net.settings) == {"width": 2}


def test_a_mistake_is_told_without_a_traceback(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run_cell_magic("net", "broken", TEXT.replace("conv(", "covn(")) is None
    said = capsys.readouterr().err
    assert "error[E" in said
    assert "cell.net:3" in said
    assert "conv" in said
    assert "Traceback" not in said
    assert "broken" not in shell.user_ns


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--no", "--no"),
        ("1x", "`1x` is no name"),
        ("a b", "usage: %%net"),
        ("it's", "error: `it's` cannot be cut into words: no closing quotation\nusage: %%net"),
    ],
)
def test_a_wrong_line_is_told(shell: Any, capsys: pytest.CaptureFixture[str], line: str, said: str) -> None:
    assert shell.run_cell_magic("net", line, TEXT) is None
    assert said in capsys.readouterr().err


def test_what_is_shown(shell: Any) -> None:
    """IPython's own formatter finds a drawing for a net, and for what `netc.graph` gives."""
    net = netc.loads(TEXT)
    shown, _ = shell.display_formatter.format(net)
    assert {"text/plain", "text/html"} <= set(shown)
    assert "<svg" in shown["text/html"]
    assert "conv 4, 3x3" in shown["text/html"]
    assert "<table" in shown["text/html"]
    shown, _ = shell.display_formatter.format(netc.graph(net))
    assert shown["image/svg+xml"].startswith("<svg")
    assert shown["text/plain"] == "<drawing of Small: 5 boxes>"


def test_a_history_has_curves_and_a_table() -> None:
    history = History([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}], 2)
    text = history._repr_html_()
    assert 'src="data:image/png;base64,' in text
    assert "<table" in text
    assert "<img" not in History()._repr_html_()


def test_nothing_of_it_imports_ipython() -> None:
    program = (
        "import sys, netc, netc.notebook; net = netc.loads('net A { input x: 4\\n dense(2) }'); net._repr_html_();"
        "print('IPython' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
