"""`netc env`: what this installation is made of."""

from __future__ import annotations

from netc.cli.command import OUTPUT, option, verb
from netc.cli.options import format_option
from netc.cli.terminal import put_json, show
from netc.grammar.counted import counted


@verb(examples=("netc env", "netc env --format json"))
@option("--json", "as_json", is_flag=True, group=OUTPUT, help="the same as --format json")
@format_option("table", "json", help="lines, or JSON")
def env(as_json: bool, style: str) -> None:
    """Versions, the devices that really work, and conflicts between packages with the commands that repair them."""
    from netc.runtime.devices.environment import environment

    found = environment()
    if as_json or style == "json":
        put_json(found)
        return
    lines = [("python", f"{found['python']} on {found['platform']}, {counted(found['cores'], 'core')}")]
    lines += [(name, version or "not installed") for name, version in found["packages"].items()]
    lines += list(found["onnxruntime"].items()) or [("onnxruntime", "not installed")]
    lines.append(("telemetry", f"{'on' if found['telemetry']['on'] else 'off'}: {found['telemetry']['reason']}"))
    for name, device in found["devices"].items():
        works = f"works; training takes the target {device['target']}"
        lines.append((name, works if device["works"] else f"does not work: {device['reason']}"))
        if device["advice"] is not None:
            lines.append(("", device["advice"]))
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        show(f"{name:<{width}}  {text}")
    for conflict in found["conflicts"]:
        show(f"conflict: {conflict['problem']}")
        show(f"  = help: run `{conflict['repair']}`")
