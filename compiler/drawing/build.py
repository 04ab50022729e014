"""From a net to its drawing: boxes and frames as the text nests, passes of loops folded, and the wires between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netc.compiler.applications import Application, Applied, Kind, LayerInstance
from netc.compiler.drawing import labels
from netc.compiler.drawing.connect import Maker, connect
from netc.compiler.drawing.model import Box, Cost, Drawing, Frame, Item, State
from netc.compiler.drawing.repeats import runs
from netc.compiler.drawing.wiring import Wiring
from netc.compiler.facts.count import count, distinct_parameters, fixed, layer_flops
from netc.compiler.facts.summary import summary
from netc.compiler.facts.table import title_of, totals_lines
from netc.compiler.ir import Value
from netc.grammar.counted import counted
from netc.grammar.deep import deep

if TYPE_CHECKING:
    from netc.compiler.net import Net

LOOPS = (Kind.REPEAT, Kind.FOR)
FOLLOWERS = frozenset(("activations", "normalization", "regularization"))
"""Families whose layers stand in the box of the layer before them, where nothing else reads that one."""

ROOM = 120
"""How many boxes and frames a page has room for: without a depth, frames are closed until no more are left."""


def draw(net: Net, depth: int | None = None, heat: str | None = None) -> Drawing:
    """The drawing of a net.

    depth  how many levels of frames are open: 0 the net alone, 1 its parts; None as many as a page has room for
    heat   `params`, `flops` or `memory`: what boxes are coloured by; None for the kinds of layers
    """
    with deep():
        root = _Build(net).root(whole=depth == 0)
    below = tuple(" ".join(line.split()) for line in totals_lines(net, summary(net), None)[:2])
    opened = _deepest(root) if depth is None else depth
    close(root, opened)
    return Drawing(title_of(net), below, root, opened, heat)


def close(root: Frame, depth: int) -> None:
    """Close every frame that is deeper than `depth`, and open the others. The root itself is always open."""
    stack = [(root, 0)]
    while stack:
        frame, level = stack.pop()
        frame.closed = level >= max(depth, 1)
        stack += [(item, level + 1) for item in frame.items if isinstance(item, Frame)]


def _deepest(root: Frame) -> int:
    """The number of levels that can be opened with no more than ROOM boxes in sight, and at least one."""
    level, seen = 0, 1
    waiting: list[Item] = [root]
    while any(isinstance(item, Frame) for item in waiting):
        inside = [child for item in waiting if isinstance(item, Frame) for child in item.items]
        seen += len(inside)
        if level and seen > ROOM:
            break
        waiting, level = inside, level + 1
    return level


class _Build:
    """One net on its way to boxes.

    twins    for a layer that is drawn, itself and those of other passes that are drawn with it
    homes    the box of each layer, input and state
    turns    for a layer in passes that are drawn once, in which pass of which run it is
    members  the layers of a box, of the first pass alone
    """

    def __init__(self, net: Net) -> None:
        self.net = net
        self.wiring = Wiring(net)
        self.still = fixed(net)
        self.twins: dict[LayerInstance, list[LayerInstance]] = {layer: [layer] for layer in net.layers}
        self.turns: dict[LayerInstance, dict[int, int]] = {layer: {} for layer in net.layers}
        self.homes: dict[Maker, Box] = {}
        self.members: dict[Box, list[LayerInstance]] = {}
        self.runs = 0
        self.counted: set[int] = set()
        self.owners: dict[Value, LayerInstance] = {}
        for layer in net.layers:
            for parameter in layer.parameters:
                self.owners.setdefault(parameter.value, layer)
        self.outputs = {source.value for value in net.outputs.values() for source in self.wiring.output(value)}

    def root(self, whole: bool) -> Frame:
        """What holds all, wired: inputs, parts and outputs; with `whole` the net is one frame between those."""
        root = Frame("root", self.net.name)
        inputs = [_port_box("input", value.name, value) for value in self.net.inputs]
        self.homes.update(zip(self.net.inputs, inputs, strict=True))
        inside: list[Item] = []
        self._fill(inside, self.net.tree.children, "")
        if whole and inside:
            inside = [Frame("", self.net.name, line=self.net.span.line, items=inside)]
        outputs = {name: _port_box("output", name, value) for name, value in self.net.outputs.items()}
        root.items = [*inputs, *inside, *outputs.values()]
        self._finish(root)
        ends = {outputs[name]: value for name, value in self.net.outputs.items()}
        connect(self.net.layers, self.wiring, self.homes, self.twins, self.turns, ends)
        return root

    # ------------------------------------------------------------ what is applied, as items
    def _fill(self, found: list[Item], applied: Sequence[Applied], path: str) -> None:
        """Put what stands for these into a frame whose path this is, in execution order."""
        for item in applied:
            if isinstance(item, LayerInstance):
                self._add(found, item)
            elif item.kind in (Kind.SCAN, Kind.TRAIN) or item.path != path:
                inside = self._states(item)
                self._open(inside, item)
                found += self._framed(item, inside)
            else:
                self._open(found, item)

    def _open(self, found: list[Item], item: Application) -> None:
        if item.kind not in LOOPS:
            self._fill(found, item.children, item.path)
            return
        for run in runs(item.children, self.wiring, self._state):
            if len(run) == 1:
                self._fill(found, run, item.path)
            else:
                found += self._repeated(item, run)

    def _repeated(self, loop: Application, run: Sequence[Applied]) -> list[Item]:
        """Passes that are drawn once."""
        passes = [[item] if isinstance(item, LayerInstance) else item.layers() for item in run]
        self.runs += 1
        for at, layers in enumerate(passes):
            for layer in layers:
                self.turns[layer][self.runs] = at
        for same in zip(*passes, strict=True):
            self.twins[same[0]] = [twin for layer in same for twin in self.twins[layer]]
        inside: list[Item] = []
        self._fill(inside, run[:1], loop.path)
        if len(inside) == 1 and inside[0].times == 1:
            inside[0].times = len(run)
            return inside
        first, last = (passes[at][0] for at in (0, -1))
        frame = Frame("", loop.word, len(run), first.path, loop.span.line, items=inside)
        frame.facts = (f"{first.path} … {last.path}",)
        return [frame]

    def _rename(self, item: Item) -> None:
        """Name what stands for several passes after the first and the last one."""
        name = labels.last_name(item.path)
        wide = labels.spread_name(name, labels.last_name(self._path_of_last(item)))
        if isinstance(item, Frame):
            item.title = item.title.replace(name, wide, 1)
        elif item.name == name:
            item.name = wide

    def _path_of_last(self, item: Item) -> str:
        """The path of what is drawn with an item and comes last."""
        box = item if isinstance(item, Box) else next(item.boxes(), None)
        layers = self.members.get(box, []) if box is not None else []
        if not layers:
            return item.path
        return ".".join(self.twins[layers[-1]][-1].path.split(".")[: len(item.path.split("."))])

    def _framed(self, item: Application, inside: list[Item]) -> list[Item]:
        """A frame around what an application holds; what is a single box or frame needs none."""
        name = labels.own_name(item.path, item.word)
        title = labels.last_name(item.path) if item.path else ""
        if len(inside) == 1 and item.kind is not Kind.SCAN:
            (one,) = inside
            if isinstance(one, Box) and not one.name:
                one.name, one.path = name, item.path if name else one.path
            elif isinstance(one, Frame) and name:
                one.title = name if one.title in LOOPS else f"{name} · {one.title}"
            return inside
        if not inside:
            return []
        said = " ".join(filter(None, [title, item.word if name or not title else ""]))
        if item.word in (Kind.CHAIN, Kind.FOR, Kind.REPEAT):
            said = title
        return [Frame("", said, path=item.path, line=item.span.line, items=inside)]

    def _states(self, item: Application) -> list[Item]:
        """The states of a scan, as they are before a step."""
        scan = item.children[-1] if item.kind is Kind.SCAN and item.children else None
        if not isinstance(scan, LayerInstance):
            return []
        names = [name for name in item.arguments if name != "reverse"]
        found: list[Item] = []
        for name, *same in zip(names, *(self.wiring.states[twin] for twin in self.twins[scan]), strict=False):
            box = Box("", "state", f"prev {name}", facts=(f"{name}, as it is before a step",))
            self.homes.update((state, box) for state in same)
            found.append(box)
        return found

    def _add(self, found: list[Item], layer: LayerInstance) -> None:
        """A layer: in the box before it where it follows that alone, else in a box of its own."""
        last = found[-1] if found else None
        if isinstance(last, Box) and last in self.members and self._follows(last, layer):
            self._put(last, layer)
            return
        box = Box("", labels.family(layer), "", labels.own_name(layer.path, layer.word), path=layer.path)
        box.line = layer.span.line
        for source in self.wiring.sources(layer):  # `add { identity; … }`: the skip is a wire, and no box
            waiting = self.homes.get(source.maker)
            if self._hands_on(waiting) and waiting in found and self._only_reader(source.value, layer):
                found.remove(waiting)
                for member in self.members.pop(waiting):
                    self._put(box, member)
        self._put(box, layer)
        found.append(box)

    def _put(self, box: Box, layer: LayerInstance) -> None:
        self.members.setdefault(box, []).append(layer)
        self.homes.update((twin, box) for twin in self.twins[layer])

    def _hands_on(self, box: Box | None) -> bool:
        return box is not None and not box.name and [layer.word for layer in self.members.get(box, [])] == ["identity"]

    def _follows(self, box: Box, layer: LayerInstance) -> bool:
        last = self.members[box][-1]
        if box.name or box.times > 1 or labels.own_name(layer.path, layer.word):
            return False
        if labels.family(layer) not in FOLLOWERS and layer.word != "identity":
            return False
        if (last.training_only, last.steps) != (layer.training_only, layer.steps):
            return False
        sources = self.wiring.sources(layer)
        return (
            [source.maker for source in sources] == [last]
            and len(last.outputs) == 1
            and self._only_reader(sources[0].value, layer)
            and len({state[0] for state in (self._state(last), self._state(layer)) if state[1]}) < 2
        )

    def _only_reader(self, value: Value, layer: LayerInstance) -> bool:
        """Whether a value, and its twins, go nowhere but to one layer."""
        maker = next(source.maker for source in self.wiring.sources(layer) if source.value is value)
        if not isinstance(maker, LayerInstance):
            return False
        at = maker.outputs.index(value)
        values = [twin.outputs[at] for twin in self.twins[maker]]
        return all(len(self.wiring.readers.get(value, ())) == 1 and value not in self.outputs for value in values)

    def _state(self, layer: LayerInstance) -> tuple[bool, int]:
        """Whether all its weights are frozen, and how many kinds of weights it has; what folds has the same."""
        weights = [item for item in layer.parameters if not item.buffer]
        still = all(not item.trainable or item.value in self.still for item in weights)
        return (bool(weights) and still, len(weights) + 1000 * layer.training_only)

    # ------------------------------------------------------------ what is written
    def _finish(self, root: Frame) -> None:
        """Number everything, and write what boxes and frames say."""
        for at, item in enumerate(root.walk()):
            item.key = f"n{at}"
            if isinstance(item, Frame):
                for child in item.items:
                    child.parent = item
        for child in root.items:
            child.parent = root
        for item in root.walk():
            if isinstance(item, Frame) or item in self.members:
                self._rename(item)
            if isinstance(item, Box) and item in self.members:
                self._write(item)
        for frame in reversed(list(root.frames())):
            _sum_up(frame)

    def _write(self, box: Box) -> None:
        members = self.members[box]
        passes = list(zip(*(self.twins[layer] for layer in members), strict=True))
        box.layers = [layer for one in passes for layer in one]
        at = next((i for i, layer in enumerate(members) if layer.word != "identity"), 0)
        box.kind = labels.family(members[at])
        box.title, notes = labels.title_and_notes(self.twins[members[at]])
        for follower in members[at + 1 :]:
            if follower.word != "identity":
                said, more = labels.title_and_notes(self.twins[follower])
                notes += [said, *more]
        box.notes = (*notes, *self._borrowed(members))
        own = [[item for item in distinct_parameters(one) if not item.buffer] for one in passes]
        new = [item for one in own for item in one if id(item) not in self.counted]
        weights = list({id(item): item for item in new}.values())
        self.counted.update(map(id, weights))
        if weights:
            box.count = labels.alike(f"{sum(item.count for item in one):,}" for one in own)
        elif any(own):
            box.count = "shared"
        params = sum(item.count for item in weights)
        trainable = sum(item.count for item in weights if item.trainable and item.value not in self.still)
        total = count(box.layers)
        box.cost = Cost(params, trainable, total.flops, total.activations)
        flat = [item for one in own for item in one]
        moving = [item.trainable and item.value not in self.still for item in flat]
        if all(layer.training_only for layer in members):
            box.state = State.TRAINING
        elif flat and not all(moving):
            box.state = State.MIXED if any(moving) else State.FROZEN
        box.facts = tuple(self._fact(layer) for layer in members)

    def _borrowed(self, members: Sequence[LayerInstance]) -> list[str]:
        """`weights of words`: whose parameters layers read besides their own, where no wire says so."""
        made = {value for layer in self.net.layers if layer.word == "parameter" for value in layer.outputs}
        own = {item.value for layer in members for item in layer.parameters} | made
        read = (value for layer in members for node in layer.nodes for value in node.inputs)
        found = [self.owners[value] for value in read if value in self.owners and value not in own]
        return [f"weights of {labels.last_name(layer.path)}" for layer in dict.fromkeys(found)]

    def _fact(self, layer: LayerInstance) -> str:
        """`stem.conv1: conv, 64x112x112, 9,408 parameters, 118 M multiply-accumulates`."""
        twins = self.twins[layer]
        path = layer.path if len(twins) == 1 else f"{layer.path} … {twins[-1].path}"
        said = [layer.word, ", ".join(labels.shape_of(same) for same in zip(*(t.outputs for t in twins), strict=True))]
        weights = sum(item.count for item in layer.parameters if not item.buffer)
        if weights:
            said.append(counted(weights, "parameter"))
        if cost := layer_flops([layer]):
            said.append(f"{labels.brief(cost)} multiply-accumulates")
        return f"{path}: {', '.join(said)}"


def _port_box(kind: str, name: str, value: Value) -> Box:
    shape = labels.shape_of([value])
    return Box("", kind, name, facts=(f"{kind} {name}: {shape}, {value.dtype}",))


def _sum_up(frame: Frame) -> None:
    frame.cost = sum((item.cost for item in frame.items), Cost())
    boxes = [box for box in frame.boxes() if box.layers]
    weighted = [box for box in boxes if box.cost.params]
    if boxes and all(box.state is State.TRAINING for box in boxes):
        frame.state = State.TRAINING
    elif weighted and all(box.state is State.FROZEN for box in weighted):
        frame.state = State.FROZEN
    elif any(box.state in (State.FROZEN, State.MIXED) for box in weighted):
        frame.state = State.MIXED
    layers = sum(len(box.layers) for box in boxes)
    said = [counted(layers, "layer"), counted(frame.cost.params, "parameter")]
    if frame.cost.flops:
        said.append(f"{labels.brief(frame.cost.flops)} multiply-accumulates")
    frame.facts = (*(frame.facts or (frame.path,)), ", ".join(said))
