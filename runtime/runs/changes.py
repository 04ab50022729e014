"""What a run that goes on changes of what it was asked for: kept in run.json, and told."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from typing import Any

from netc.compiler import Net, replaceable
from netc.runtime.data.spec import split_spec
from netc.runtime.folder.progress import Progress
from netc.runtime.runs.request import Change, Pair, Request, with_data

MAY_CHANGE = ("data", "device", "memory", "skip_bad_steps")
"""What may change beside the settings of the plan that are replaced from outside."""


def changed(request: Request, net: Net, overrides: dict[str, Any], data: str | None = None, **how: Any) -> Request:
    """The request of a run that goes on otherwise than it was asked for.

    overrides  of the plan;  data, how: values of MAY_CHANGE, None where they stay
    """
    new = request if data is None else with_data(request, data)
    new = replace(new, overrides={**request.overrides, **overrides})
    new = replace(new, **{name: value for name, value in how.items() if value is not None})
    new.plan(net)  # refuses what is out of place
    return new


def recorded(before: Request, now: Request, net: Net, progress: Progress, *, done: bool) -> tuple[Request, list[str]]:
    """What there is to keep of a request of a run that goes on, its changes with it; and what `now` asks in vain.

    Changes are of the epoch that it goes on with, after so many steps. Where all is `done` nothing changes what was
    trained, but for fewer epochs than there were to be, which end it.
    """
    asked = _differing(before, now, net)
    if done:
        planned = asked["epochs"]["from"] if "epochs" in asked else None
        if planned is not None and planned > progress.epoch >= asked["epochs"]["to"]:
            now = replace(before, overrides={**before.overrides, "epochs": progress.epoch})
        else:
            now = before
    found = _differing(before, now, net)
    if found:
        change: Change = {"epoch": progress.epoch + 1, "step": progress.step, "settings": found}
        now = replace(now, changes=[*before.changes, change])
    return now, [name for name in asked if name not in found]


def _differing(before: Request, now: Request, net: Net) -> dict[str, Pair]:
    was, is_now = _values(before, net), _values(now, net)
    return {name: {"from": was.get(name), "to": is_now[name]} for name in is_now if was.get(name) != is_now[name]}


def change_lines(request: Request) -> list[str]:
    """Every change of the run, the oldest first."""
    lines = []
    for change in request.changes:
        what = [f"{name} {_shown(item['from'])} -> {_shown(item['to'])}" for name, item in change["settings"].items()]
        lines.append(f"{', '.join(what)}, from epoch {change['epoch']} on, after step {change['step']:,}")
    return lines


def _values(request: Request, net: Net) -> dict[str, Any]:
    asked = asdict(request) | {"data": _said(request.data) or "from Python"}
    settings = request.overrides if request.own_plan else replaceable(request.plan(net))
    return settings | {name: asked[name] for name in MAY_CHANGE}


def _said(data: str) -> str:
    """What `--data` says as it would be typed here, without the folders above."""
    path, options = split_spec(data)
    return f"{os.path.relpath(path) if os.path.isabs(path) else path}{options}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)
