"""What other frameworks call a declaration: `Conv2d`, or with the arguments in their order there.

    also = ("convolution", "ConvNd(-in_channels, out_channels, kernel_size)", Also("DropoutNd(p)", note="…"))

Names are compared without their path, case, underscores and number of axes: `nn.Conv2d`, `conv_1d` and `CONV` are one.
Where two frameworks write one name differently (`Conv2d`, `Conv2D`), the spelling decides whose arguments are meant;
`N` stands for 1, 2 or 3 axes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


def plain(word: str) -> str:
    """A name without what spellings differ in: path, case, underscores, number of axes."""
    return folded(word).removesuffix("nd")


def folded(word: str) -> str:
    """A name without path, case and underscores, for any number of axes: `convnd`."""
    return spelt(word).replace("_", "").lower()


def spelt(word: str) -> str:
    """A name without its path, as it is spelt for any number of axes: `ConvNd`."""
    return re.sub(r"[123](?=[dD]$)", "N", word.rpartition(".")[2])


@dataclass(frozen=True)
class Foreign:
    """An argument as another framework has it.

    name      its name there
    needed    whether anything here stands for it: the number of input channels follows from what flows in
    turned    whether 1 minus it is meant here
    default   what it is there unless given, where that is something else here; of what is not needed, the only value
              that is the same here
    """

    name: str
    needed: bool = True
    turned: bool = False
    default: str | None = None


@dataclass(frozen=True)
class Also:
    """A name that a declaration has elsewhere.

    call  the name, or a call with all positional arguments in order: `-name` is not needed here, `1 - name` is meant
          the other way round, `name=value` has another default here
    note  what is different here, for the help
    """

    call: str
    note: str = ""
    name: str = field(init=False)
    arguments: tuple[Foreign, ...] | None = field(init=False)

    def __post_init__(self) -> None:
        found = re.fullmatch(r"(\w+)(?:\((.*)\))?", self.call)
        assert found is not None, f"`{self.call}` is neither a name nor a call"
        object.__setattr__(self, "name", found[1])
        listed = None if found[2] is None else tuple(_foreign(item) for item in found[2].split(", ") if item)
        object.__setattr__(self, "arguments", listed)


def _foreign(item: str) -> Foreign:
    name, _, default = item.partition("=")
    turned, needed = name.startswith("1 - "), not name.startswith("-")
    return Foreign(name.removeprefix("1 - ").removeprefix("-"), needed, turned, default or None)


ARGUMENTS: dict[str, tuple[str, ...]] = {
    "act": ("activation", "activation_fn", "nonlinearity"),
    "axis": ("dim", "axes"),
    "axes": ("dims", "perm"),
    "beta1": ("beta_1",),
    "beta2": ("beta_2",),
    "bias": ("use_bias",),
    "count_pad": ("count_include_pad",),
    "dilation": ("dilation_rate", "dilations"),
    "end": ("alpha", "eta_min"),
    "epsilon": ("eps",),
    "every": ("step_size", "decay_steps"),
    "factor": ("gamma", "decay_rate"),
    "features": ("units", "out_features", "neurons", "nodes", "filters", "out", "hidden", "width"),
    "filters": ("out_channels", "channels", "features", "out", "num_filters", "nb_filter"),
    "from": ("start_dim", "axis"),
    "groups": ("group",),
    "k": ("top_k",),
    "kernel": ("kernel_size", "pool_size", "size", "filter_size", "k"),
    "label_smoothing": ("smoothing",),
    "lr": ("learning_rate", "rate"),
    "pad": ("padding", "pads"),
    "padding": ("pad",),
    "rate": ("p", "prob", "drop_rate", "drop_prob"),
    "scale": ("gamma",),
    "shape": ("target_shape", "size"),
    "shift": ("beta",),
    "slope": ("negative_slope", "alpha"),
    "std": ("stddev", "sigma"),
    "stride": ("strides", "subsample"),
    "warmup": ("warmup_epochs",),
    "weight_decay": ("decay", "l2", "wd"),
}
"""Arguments by their word here: what other frameworks call them, in whatever takes them."""


def argument_meant(name: str, known: list[str]) -> str | None:
    """Which of some arguments another framework's argument is, or None."""
    wanted = plain(name)
    for word in known:
        if wanted == plain(word) or any(wanted == plain(other) for other in ARGUMENTS.get(word, ())):
            return word
    return None
