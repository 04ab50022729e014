"""The file: classes from the innermost to the net, what they need, a loader of weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node, Value
from netc.compiler.net import Net
from netc.compiler.sources.keras.functions import WORDS
from netc.compiler.sources.keras.helpers import HELPERS
from netc.compiler.sources.keras.layers import TWINS
from netc.compiler.sources.names import PYTHON, Names
from netc.compiler.sources.parts import CannotWriteError, Owner, Part, Twin
from netc.compiler.sources.sizes import Sizes
from netc.compiler.sources.text import Form, classes_text, heading, needed
from netc.compiler.sources.words import filled as filled_names

MEMBERS = frozenset((
    "T_destination", "activity_regularizer", "add_loss", "add_metric", "add_module", "add_variable", "add_weight",
    "apply", "autocast", "bfloat16", "buffers", "build", "build_from_config", "built", "call",
    "call_signature_parameters", "call_super_init", "children", "compile", "compile_from_config", "compiled",
    "compute_dtype", "compute_loss", "compute_mask", "compute_metrics", "compute_output_shape",
    "compute_output_spec", "count_params", "cpu", "cuda", "double", "dtype", "dtype_policy", "dump_patches",
    "eval", "evaluate", "export", "extra_repr", "fit", "float", "forward", "from_config", "get_buffer",
    "get_build_config", "get_compile_config", "get_config", "get_extra_state", "get_layer", "get_metrics_result",
    "get_parameter", "get_quantization_layer_structure", "get_state_tree", "get_submodule", "get_weights", "half",
    "input", "input_dtype", "input_spec", "ipu", "jit_compile", "layers", "load_own_variables", "load_state_dict",
    "load_weights", "loss", "losses", "make_predict_function", "make_test_function", "make_train_function",
    "metrics", "metrics_names", "metrics_variables", "modules", "mtia", "name", "named_buffers", "named_children",
    "named_modules", "named_parameters", "non_trainable_variables", "non_trainable_weights", "output",
    "parameters", "path", "predict", "predict_function", "predict_on_batch", "predict_step", "quantization_mode",
    "quantize", "quantized_build", "quantized_call", "register_backward_hook", "register_buffer",
    "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook",
    "register_full_backward_pre_hook", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook",
    "register_module", "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook",
    "rematerialized_call", "requires_grad_", "reset_metrics", "run_eagerly", "save", "save_own_variables",
    "save_weights", "set_extra_state", "set_state_tree", "set_submodule", "set_weights", "share_memory",
    "state_dict", "stateless_call", "stateless_compute_loss", "steps_per_execution", "summary", "supports_jit",
    "supports_masking", "symbolic_call", "test_function", "test_on_batch", "test_step", "to", "to_empty",
    "to_json", "torch_params", "train", "train_function", "train_on_batch", "train_step", "trainable",
    "trainable_variables", "trainable_weights", "training", "type", "variable_dtype", "variables", "weights",
    "xpu", "zero_grad",
))  # fmt: skip
"""Names that layers and models have for something else, on any backend."""

FORM = Form("keras.Model", "keras.Layer", "call", ("[", "]"), ("[", "]"))


class Keras:
    """What Keras says of layers and operators."""

    names = Names(MEMBERS, frozenset(("keras", "layers", "ops", "training", "FIRST", *HELPERS)))

    def twin(self, part: Part, layer: LayerInstance) -> Twin | None:
        """See Language."""
        made = TWINS.get(layer.word)
        return None if made is None or not layer.nodes else made(part, layer)

    def bag(self, part: Part, tensors: Mapping[str, Value]) -> str:
        """See Language."""
        shown = ", ".join(
            f'"{name}": ({", ".join(part.mark("size", size) for size in value.shape)}{"," if value.rank == 1 else ""})'
            for name, value in tensors.items()
        )
        return f"Tensors({{{shown}}})"

    def expression(
        self, part: Part, node: Node, known: Sequence[Value]
    ) -> tuple[tuple[Value, ...], Callable[[Sequence[str]], str]]:
        """See Language."""
        sizes = Sizes(part, node, known)
        text = WORDS.expression(node, sizes)
        return tuple(sizes.asked), lambda names: filled_names(text, names)

    def tensor(self, member: str, owner: Owner, value: Value) -> str:
        """See Language. A layer of Keras has its kernel with other axes first."""
        if owner.word is None:
            return f'{member}["{owner.leaf}"]'
        if owner.word in ("embedding", "dense") and owner.leaf == "weight":
            return f"{member}.embeddings" if owner.word == "embedding" else f"ops.transpose({member}.kernel)"
        if owner.word in ("conv", "dense") and owner.leaf == "bias":
            return f"{member}.bias"
        raise CannotWriteError(f"{owner.key}.{owner.leaf}, which one part holds and another reads")

    def chained(self, member: str, x: str) -> str:
        """See Language."""
        return f"chain({member}, {x})"


def keras_source(net: Net) -> str:
    """A net as the text of a Python file: a keras.Model with its layers, and `load_weights`. Raises CannotWriteError.

    Pictures have their channels first, which Keras takes on the backends torch and jax.
    """
    text = classes_text(net, Keras(), FORM)
    loader = LOADER.replace("NET", text.top).replace("EXAMPLES", _examples(net))
    if text.partly:
        loader = loader.replace(STRICT, PARTLY)
    taken = MEMBERS | PYTHON
    renamed = sorted({name for item in net.parameters for name in item.name.split(".") if name in taken})
    place = PLACE
    if renamed:
        place = place.replace("        step = names.pop(0)\n", RENAMED.replace("TAKEN", repr(tuple(renamed))))
    helpers = needed(HELPERS, [text.body])
    if not any(helper.startswith("class Tensors") for helper in helpers):
        place = place.replace(BAG, "").replace(" and not isinstance(member, Tensors)", "")
    imports = ["import keras"]
    body = "\n".join([text.body, *helpers])
    words = [word for word in ("layers", "ops") if re.search(rf"\b{word}\.", body)]
    imports += ["import numpy as np", *([f"from keras import {', '.join(words)}"] if words else [])]
    imports += ["from safetensors.numpy import load_file"]
    first = ['FIRST = "channels_first"'] if re.search(r"\bFIRST\b", body) else []
    head = "\n\n".join([heading(net, "Keras"), "\n".join(imports), *first])
    return "\n\n\n".join([head, *helpers, text.body, loader, place]) + "\n"


def _examples(net: Net) -> str:
    """An example of each input, of which layers learn their sizes."""
    shown = []
    for value in net.inputs:
        sizes = tuple(size if isinstance(size, int) else 2 for size in value.shape)
        shown.append(f'np.zeros({sizes}, "{value.dtype}")')
    return ", ".join(shown)


LOADER = '''\
def load_weights(path="model.safetensors"):
    """The network with weights from a file, ready to be used."""
    network = NET()
    network(EXAMPLES)  # layers learn their sizes from what they are given
    missing = {variable.path for variable in network.weights}
    for name, array in load_file(path).items():
        variable, array = _placed(network, name, array)
        variable.assign(array)
        missing.discard(variable.path)
    if missing:
        raise ValueError(f"{path} lacks {', '.join(sorted(missing))}")
    return network'''

STRICT = "        variable, array = _placed(network, name, array)\n"
PARTLY = """\
        try:
            variable, array = _placed(network, name, array)
        except AttributeError:
            continue  # for training alone
"""

BAG = """\
    if isinstance(member, Tensors):
        return member[".".join([*names, leaf])], array
"""

RENAMED = """\
        step = names.pop(0)
        step = f"{step}_" if step in TAKEN else step
"""

PLACE = '''\
def _placed(network, name, array):
    """A variable by its name in the file, and the array with its axes."""
    member, (*names, leaf) = network, name.split(".")
    while names and not isinstance(member, Tensors):
        step = names.pop(0)
        member = member[int(step)] if step.isdigit() else getattr(member, step)
    if isinstance(member, Tensors):
        return member[".".join([*names, leaf])], array
    own = {
        "weight": ("kernel", "gamma", "embeddings"),
        "bias": ("bias", "beta"),
        "running_mean": ("moving_mean",),
        "running_var": ("moving_variance",),
    }
    found = next(name for name in own[leaf] if hasattr(member, name))
    if found == "kernel":  # outputs and inputs come last in Keras
        array = np.moveaxis(array, (0, 1), (-1, -2)).reshape(member.kernel.shape)
    return getattr(member, found), array'''
