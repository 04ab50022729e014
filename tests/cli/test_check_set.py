"""`netc check --set`: arguments from outside of the text reach every net that has them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

Netc = Callable[..., "subprocess.CompletedProcess[str]"]
OPEN = "net Open(width) {\n  input x: 8x8\n  flatten -> dense(width)\n  expect params <= 400\n}\n"
OTHER = "net Other(width = 4, depth = 1) {\n  input x: 4\n  repeat depth { dense(width) }\n}\n"


def test_an_argument_replaces_a_default_and_opens_what_has_none(netc: Netc) -> None:
    text = {"a.net": f"{OPEN}\n{OTHER}"}
    assert netc("check", "a.net", files=text).returncode == 0, "Open has no width, so nothing counts its parameters"
    assert netc("check", "a.net", "--set", "width=6").returncode == 0, "6 * 64 + 6 = 390"
    done = netc("check", "a.net", "--set", "width=7")
    assert done.returncode == 1
    assert done.stdout.count("error[E310]") == 1
    assert "455" in done.stdout, "7 * 64 + 7"


def test_an_argument_counts_before_the_one_of_a_train_section(netc: Netc) -> None:
    section = 'data = "digits"\n  loss = cross_entropy(scores, label)\n  optimizer = sgd(lr=1)'
    train = f"train Open(width=6) {{\n  {section}\n}}\n"
    whole = {"a.net": OPEN.replace("flatten ->", "scores = flatten ->") + train}
    done = netc("check", "a.net", files=whole)
    assert "E310" not in done.stdout
    assert "E310" in netc("check", "a.net", "--set", "width=7").stdout


def test_a_section_is_checked_with_arguments_of_its_own_kind(netc: Netc) -> None:
    net = OPEN.replace("flatten ->", "scores = flatten ->")

    def checked(given: str) -> str:
        settings = "{\n  loss = mse(scores, wanted)\n  optimizer = sgd(lr=1)\n}"
        text = f'{net}train Open(1) "first" {settings}\ntrain Open({given}) "second" {settings}\n'
        return netc("check", "a.net", files={"a.net": text}).stdout

    assert "error" not in checked("width=1")
    assert "found true" in checked("true"), "1 == true in Python, and no layer has `true` features"


def test_a_name_that_no_net_has(netc: Netc) -> None:
    done = netc("check", "a.net", "--set", "widht=7", files={"a.net": OTHER})
    assert done.returncode == 1
    assert "no net of this file has an argument `widht`" in done.stdout
    assert "width" in done.stdout.partition("help:")[2]


def test_what_is_no_setting(netc: Netc) -> None:
    assert (
        netc("check", "a.net", "--set", "width", files={"a.net": OTHER}).returncode
        == netc("summary", "a.net", "--set", "width").returncode
    )
