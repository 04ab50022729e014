"""What an editor is offered for findings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lsprotocol import types

from netc.compiler.lint import lint
from netc.server.documents import Documents
from netc.server.features import actions

TEXT = "net A {\n  input x: 8\n  dense(4, bias=true)\n}\n"


@pytest.fixture
def offered(tmp_path: Path) -> Callable[..., list[str]]:
    """The kinds of actions in a file, of those that a client asks for."""
    file = tmp_path / "a.net"
    file.write_text(TEXT, "utf-8")
    uri, documents, registered = file.as_uri(), Documents(), []
    opened = SimpleNamespace(document=documents.put(uri, 1, TEXT))
    findings = lint([file], select=("L907",)).diagnostics
    session = SimpleNamespace(analysis=lambda uri: opened, findings=lambda uri: findings, documents=documents)

    def feature(*named: Any) -> Callable[..., Any]:
        return registered.append

    actions.register(SimpleNamespace(feature=feature), session)  # type: ignore[arg-type]

    def ask(*only: str) -> list[str]:
        everywhere = types.Range(types.Position(0, 0), types.Position(99, 0))
        context = types.CodeActionContext([], only or None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), everywhere, context)
        return [str(getattr(each.kind, "value", each.kind)) for each in asyncio.run(registered[0](params))]

    return ask


def test_all_repairs_are_no_action_in_the_text_of_a_run(tmp_path: Path, offered: Callable[..., list[str]]) -> None:
    assert set(offered()) == {"quickfix", actions.FIX_ALL}
    assert offered("source.fixAll") == [actions.FIX_ALL]
    (tmp_path / "run.json").write_text('{"texts": {"a.net": ""}}', "utf-8")
    assert set(offered()) == {"quickfix"}
    assert offered("source.fixAll") == []


def test_a_run_is_looked_for_where_all_repairs_are_asked_for(
    offered: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(actions, "run_of", asked.append)
    assert set(offered("quickfix")) == {"quickfix"}
    assert asked == []
    assert actions.FIX_ALL in offered()
    assert len(asked) == 1
