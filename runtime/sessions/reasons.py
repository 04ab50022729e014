"""What ONNX Runtime says when it refuses a model or a run, in a line for a finding: without places of its source."""

from __future__ import annotations

import re

from netc.grammar.snippet import printable

MOST = 200
_KIND = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
_NODE = re.compile(
    r"(?:Non-zero status code returned while running|Exception during initialization:.*?running) (\w+) node\."
    r" Name:'([^']*)' Status Message: "
)
_PLACE = re.compile(r"\S*\w\.(?:cc|h|cpp):\d+ ")
_FUNCTION = re.compile(r"^(?:[\w:<>*&~,]+ )*?[\w:<>*&~]+\([^)]*\)(?:::\S*|\s*\[with [^]]*\])?(?: const)? ")


def reason(text: str) -> str:
    """One line that no terminal obeys: `operator Concat: sizes differ`."""
    line = _KIND.sub("", " ".join(text.split()) or "it did not say why")
    node = _NODE.search(line)
    said = line[node.end() :] if node is not None else line.removeprefix("Error in execution: ")
    said = _FUNCTION.sub("", _PLACE.sub("", said)) or "it failed"
    return printable(said[:MOST] if node is None else f"{_operator(node)}: {said}"[:MOST])


def failing_operator(text: str) -> str:
    """The operator that a message is about, for a finding that says the rest; empty where it is about none."""
    node = _NODE.search(text)
    return "" if node is None else printable(f"in {_operator(node)}")


def _operator(node: re.Match[str]) -> str:
    return f"operator `{node[1][:80]}`" + (f" of node `{node[2][:80]}`" if node[2] else "")
