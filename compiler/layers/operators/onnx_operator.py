"""The layer `onnx`: what has no layer of its own, by its name in ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netc.compiler.declare.arguments import Integer, Optional_, Text, argument
from netc.compiler.declare.references import NumbersOrTensor
from netc.compiler.ir import DType, Tensor, Value
from netc.compiler.layers.base import MANY, Layer, LayerBuilder, Sample, ShapeError, Wrong, layer
from netc.compiler.layers.operators.batch import check_inputs, check_results
from netc.compiler.ops.onnx_forms import Asked, own_form
from netc.compiler.ops.onnx_schema import Described, Place, described, setting
from netc.grammar.counted import counted
from netc.grammar.diagnostics import did_you_mean

WRONG = "E585"


@layer("onnx")
class OnnxOperator(Layer):
    """An operator of ONNX by its name, for what has no layer here: `onnx("Atan")`, `onnx("Hardmax", axis=1)`.

    What flows in, and the tensors after the name, are its first inputs. Attributes and other inputs are given by
    ONNX's names for them, inputs as tensors or as numbers: `onnx("Tile", repeats=[1, 2])`. Operators are those of
    ONNX's own domain, version 20, without those that draw random numbers or run graphs. Axes count as ONNX counts
    them: 0 is the batch, and what would mix examples is refused. Where netc has the operator itself, its gradient
    is known (`Atan`, `Tan`, `Sinh`, `Pow`, `TopK`, …); through others nothing is trained (`netc explain E586`).
    """

    inputs = (1, MANY)
    open_arguments = NumbersOrTensor()
    op: str = argument(Text(example="Atan"), "the operator's name", leading=True)
    outputs: int | None = argument(
        Optional_(Integer(1)), "how many results it gives; those that it always has, unless given", default=None
    )

    samples = (
        Sample('onnx("Atan")', "8x5"),
        Sample('onnx("Cosh")', "[4, H, W]"),
        Sample('onnx("Less", b)', "4x5", "4x5"),
        Sample('onnx("TopK", K=[2], axis=2, outputs=2)', "3x5", out=("3x2", "3x2")),
        Sample('onnx("ReduceSum", axes=[2], keepdims=0)', "3x5", out="3"),
        Sample('onnx("Transpose", perm=[0, 2, 1])', "3x5", out="5x3"),
        Sample('onnx("IsNaN")', "3x5"),
    )
    errors = (
        Wrong('onnx("Atann")', "4", code=WRONG, says=("ONNX has no operator `Atann`", "use `Atan`"), at='"Atann"'),
        Wrong('onnx("Hardmax", axs=1)', "4", code=WRONG,
              says=("ONNX's `Hardmax` has no attribute or input `axs`", "`axis`"), at="axs=1"),
        Wrong('onnx("Hardmax", axis=1.5)', "4", code=WRONG, says="`axis` of ONNX's `Hardmax` is a whole number"),
        Wrong('onnx("Hardmax", axis=0)', "4", code="E587", says="axis 0 is the batch", at="axis=0"),
        Wrong('onnx("ReduceL2")', "4", code="E587", says="its result has no batch in front"),
        Wrong('onnx("NonZero")', "4", code="E587", says="ONNX does not tell a size of its result"),
        Wrong('onnx("Atan", b)', "4", "4", code=WRONG, says="ONNX's `Atan` has 1 input, found 2"),
        Wrong('onnx("Pow")', "4", code=WRONG, says="ONNX's `Pow` needs `Y`"),
        Wrong('onnx("Bernoulli")', "4", code=WRONG, says="`Bernoulli` draws random numbers"),
        Wrong('onnx("Loop")', "4", code=WRONG, says="`Loop` runs graphs of its own"),
        Wrong('onnx("Det")', "4", code=WRONG, says="ONNX refuses `Det` of these"),
        Wrong("onnx(3)", "4", code="E224", says="a text in quotes"),
        Wrong('onnx("Atan", outputs=2)', "4", code=WRONG, says="ONNX's `Atan` gives 1 result, found 2"),
    )  # fmt: skip

    def build(self, b: LayerBuilder, *x: Value) -> Value | tuple[Value, ...]:
        operator = described(self.op)
        tensors = _by_place(operator, x)
        numbers: dict[str, Any] = {}
        given = {name: item.default for name, item in operator.settings.items()}
        for name, value in self.open_values.items():
            if name in operator.settings:
                given[name] = setting(operator, name, value)
            elif name not in {place.name for place in operator.places}:
                raise _no_such(operator, name)
            elif name in tensors:
                raise ShapeError(f"`{name}` is given twice", argument=name, code="E222")
            elif isinstance(value, Value):
                tensors[name] = value
            else:
                numbers[name] = value
        _check_complete(operator, tensors, numbers, given)
        check_inputs(operator, x, given, numbers)
        made = self._made(b, operator, tensors, numbers, given, x)
        check_results(operator, x, made)
        return made[0] if len(made) == 1 else made

    def _made(
        self,
        b: LayerBuilder,
        operator: Described,
        tensors: Mapping[str, Value],
        numbers: Mapping[str, Any],
        given: Mapping[str, Any],
        x: Sequence[Value],
    ) -> tuple[Value, ...]:
        """The results: of our operator where it is one, else of ONNX's."""
        inputs = _in_order(operator, tensors, x)
        count = operator.fewest if self.outputs is None else self.outputs
        if not 1 <= count <= operator.most:
            raise ShapeError(f"ONNX's `{self.op}` gives {counted(operator.most, 'result')}, found {count}",
                             argument="outputs", code=WRONG)  # fmt: skip
        values = [value for _, value in inputs]
        mine = own_form(operator, Asked(values, numbers, given))
        if mine is not None:
            return b.add(self.op, values, mine)[:count]
        for at, place in enumerate(operator.places):
            if place.name in numbers:
                inputs.append((at, _literal(b, place, operator, numbers[place.name], tensors)))
        inputs.sort(key=lambda item: item[0])
        said = tuple((name, given[name]) for name in sorted(self.open_values) if name in given)
        return b.add(
            "Onnx",
            [value for _, value in inputs],
            {"op": self.op, "given": said, "places": tuple(at for at, _ in inputs), "count": count},
        )

    def formula(self, torch: Any, *x: Any) -> Any:
        """Of the operators in the samples; for one example, which has no batch in front."""
        match self.op:
            case "TopK":
                return tuple(part[:, :2] for part in torch.sort(x[0], dim=1, descending=True, stable=True))
            case "ReduceSum":
                return x[0].sum(1)
            case "Transpose":
                return x[0].T
        return getattr(torch, self.op.lower())(*x)


def _by_place(operator: Described, x: Sequence[Value]) -> dict[str, Value]:
    """The tensors that flow in by the names of ONNX's inputs; raises ShapeError for too many, or of another type."""
    places = operator.places
    many = bool(places) and places[-1].many
    if len(x) > len(places) and not many:
        raise ShapeError(f"ONNX's `{operator.name}` has {counted(len(places), 'input')}, found {len(x)}", code=WRONG)
    for at, value in enumerate(x):
        place = places[min(at, len(places) - 1)]
        if value.dtype not in place.dtypes:
            wanted = " or ".join(place.dtypes) or "what networks here do not have"
            message = f"ONNX's `{operator.name}` works on {wanted}, found {value.dtype}"
            raise ShapeError(message, at=at, help='convert it first, as with `onnx("Cast", to=…)`', code="E302")
    return {places[min(at, len(places) - 1)].name: value for at, value in enumerate(x)}


def _in_order(operator: Described, tensors: Mapping[str, Value], x: Sequence[Value]) -> list[tuple[int, Value]]:
    """The tensors with their places, which go on behind the last name where any number stands there."""
    named = [(at, tensors[place.name]) for at, place in enumerate(operator.places) if place.name in tensors]
    if operator.places and operator.places[-1].many:
        first = len(operator.places) - 1
        return [*(item for item in named if item[0] < first), *((at, x[at]) for at in range(first, len(x)))]
    return named


def _check_complete(
    operator: Described, tensors: Mapping[str, Any], numbers: Mapping[str, Any], given: Mapping[str, Any]
) -> None:
    lacking = [
        place.name
        for place in operator.places
        if not (place.optional or place.many or place.name in tensors or place.name in numbers)
    ]
    lacking += [name for name, item in operator.settings.items() if item.required and given[name] is None]
    if lacking:
        names = " and ".join(f"`{name}`" for name in lacking)
        raise ShapeError(f"ONNX's `{operator.name}` needs {names}", code=WRONG,
                         help=f"give it by name: `onnx(\"{operator.name}\", {lacking[0]}=…)`")  # fmt: skip


def _no_such(operator: Described, name: str) -> ShapeError:
    known = [*operator.settings, *(place.name for place in operator.places)]
    listed = ", ".join(f"`{word}`" for word in known) or "nothing"
    return ShapeError(
        f"ONNX's `{operator.name}` has no attribute or input `{name}`", argument=name, code=WRONG,
        help=did_you_mean(name, known) or f"it takes {listed}",
    )  # fmt: skip


def _literal(b: LayerBuilder, place: Place, operator: Described, numbers: Any, tensors: Mapping[str, Value]) -> Value:
    """Known numbers as a constant: of the type of the tensors that it has to be like, else of one that fits."""
    items = numbers if isinstance(numbers, tuple) else (numbers,)
    like = [
        tensors[other.name].dtype for other in operator.places if other.like == place.like and other.name in tensors
    ]
    usual = (
        DType.BOOL
        if all(isinstance(item, bool) for item in items)
        else DType.INT64
        if all(isinstance(item, int) for item in items)
        else DType.FLOAT32
    )
    wanted = like or [dtype for dtype in (usual, DType.FLOAT32, DType.INT32) if dtype in place.dtypes]
    if not wanted or any(isinstance(item, str) for item in items):
        raise ShapeError(f"`{place.name}` of ONNX's `{operator.name}` takes no such numbers", argument=place.name,
                         code=WRONG)  # fmt: skip
    dtype = wanted[0]
    if dtype is not DType.FLOAT32 and not all(float(item).is_integer() for item in items):
        raise ShapeError(f"`{place.name}` of ONNX's `{operator.name}` takes whole numbers", argument=place.name,
                         code=WRONG)  # fmt: skip
    made = tuple(
        float(item) if dtype is DType.FLOAT32 else bool(item) if dtype is DType.BOOL else int(item) for item in items
    )
    return b.Constant(value=Tensor(dtype, (len(made),) if isinstance(numbers, tuple) else (), made))
