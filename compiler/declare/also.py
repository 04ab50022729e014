"""What other frameworks call a declaration: `Conv2d`, or with the arguments in their order there.

    also = ("convolution", "ConvNd(-in_channels, out_channels, kernel_size)", Also("DropoutNd(p)", note="…"))

Names are compared without their path, case, underscores and number of axes: `nn.Conv2d`, `conv_1d` and `CONV` are one.
Where two frameworks write one name differently (`Conv2d`, `Conv2D`), the spelling decides whose arguments are meant;
`N` stands for 1, 2 or 3 axes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

AXES = re.compile(r"_?[123][dD]$|(?<!gather)(?<!scatter)_[nN][dD]$|(?<=[a-z])N[dD]$")
"""How a name ends that says for how many axes it is: `Conv2d`, `conv_nd`, `ConvNd`; the `nd` of `expand` does not, nor
that of `gather_nd`, which is another function than `gather`."""


def plain(word: str) -> str:
    """A name without what spellings differ in: path, case, underscores, number of axes."""
    return AXES.sub("", word.rpartition(".")[2]).replace("_", "").lower()


def folded(word: str) -> str:
    """A name without path, case and underscores, for any number of axes: `convnd`."""
    return spelt(word).replace("_", "").lower()


def spelt(word: str) -> str:
    """A name without its path, as it is spelt for any number of axes: `ConvNd`."""
    return re.sub(r"[123](?=[dD]$)", "N", word.rpartition(".")[2])


HERE = "…"
"""In a call of another framework: the arguments of here."""


@dataclass(frozen=True)
class Foreign:
    """An argument as another framework has it.

    name      its name there
    needed    whether anything here stands for it: the number of input channels follows from what flows in
    turned    whether 1 minus it is meant here, or the other truth value
    default   what it is there unless given, where that is something else here; of what is not needed, the only value
              that is the same here, several with `|` between them, or NUMBER for any that is no list
    word      its name here, where the names that it always has (ARGUMENTS) would say something else
    added     whether it is written here always, and is no argument there
    """

    name: str
    needed: bool = True
    turned: bool = False
    default: str | None = None
    word: str | None = None
    added: bool = False


@dataclass(frozen=True)
class Also:
    """A name that a declaration has elsewhere.

    call  the name, or a call with all positional arguments in order: `-name` is not needed here, `1 - name` is meant
          the other way round, `name=value` has another default here, `name as word` is that word here, and
          `+word=value` says what is an argument here and part of the name there; with `…` in front of it the others
          are those of here. `nn.LSTM(…)` is for names that are written with PyTorch's path, where another framework
          has the same name
    note  what is different here, for the help

    arguments  those that the name takes there, in order, or None where they are those of here
    added      those that are part of the name there
    """

    call: str
    note: str = ""
    name: str = field(init=False)
    arguments: tuple[Foreign, ...] | None = field(init=False)
    added: tuple[Foreign, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = re.fullmatch(r"((?:nn\.)?\w+)(?:\((.*)\))?", self.call)
        assert found is not None, f"`{self.call}` is neither a name nor a call"
        object.__setattr__(self, "name", found[1])
        items = [item for item in (found[2] or "").split(", ") if item]
        foreign = [_foreign(item) for item in items if item != HERE]
        listed = None if found[2] is None or HERE in items else tuple(item for item in foreign if not item.added)
        object.__setattr__(self, "arguments", listed)
        object.__setattr__(self, "added", tuple(item for item in foreign if item.added))

    def spelt_oddly(self) -> Also:
        """The name in another spelling: it may be that of another framework, so what it takes there is not known."""
        added = "".join(f", +{item.name}={item.default}" for item in self.added)
        return Also(f"{self.name}({HERE}{added})" if added else self.name, self.note)


def _foreign(item: str) -> Foreign:
    said, _, default = item.partition("=")
    said, _, word = said.partition(" as ")
    turned, needed, added = said.startswith("1 - "), not said.startswith("-"), said.startswith("+")
    name = said.removeprefix("1 - ").removeprefix("-").removeprefix("+")
    return Foreign(name, needed, turned, default or None, word or None, added)


ARGUMENTS: dict[str, tuple[str, ...]] = {
    "amount": ("padding", "cropping"),
    "act": ("activation", "activation_fn", "nonlinearity"),
    "axes": ("dims", "perm"),
    "axis": ("dim", "axes"),
    "beta1": ("beta_1",),
    "beta2": ("beta_2",),
    "bias": ("use_bias",),
    "bias_init": ("bias_initializer",),
    "bound": ("lambd",),
    "causal": ("is_causal", "use_causal_mask"),
    "ceil": ("ceil_mode",),
    "count_pad": ("count_include_pad",),
    "dilation": ("dilation_rate", "dilations"),
    "end": ("alpha", "eta_min"),
    "epsilon": ("eps",),
    "every": ("step_size", "decay_steps"),
    "factor": ("gamma", "decay_rate"),
    "features": ("units", "out_features", "neurons", "nodes", "filters", "out", "hidden", "width"),
    "filters": ("out_channels", "channels", "features", "out", "num_filters", "nb_filter"),
    "from": ("start_dim", "axis"),
    "groups": ("group", "num_groups"),
    "heads": ("num_heads", "num_query_heads", "nhead", "n_heads"),
    "high": ("max_val", "max_value"),
    "init": ("kernel_initializer", "weight_init", "embeddings_initializer"),
    "k": ("top_k",),
    "keep": ("keepdim", "keepdims"),
    "kernel": ("kernel_size", "pool_size", "size", "filter_size", "k"),
    "kv_heads": ("num_key_value_heads", "num_kv_heads"),
    "l2": ("kernel_regularizer", "weight_regularizer"),
    "low": ("min_val", "min_value"),
    "mode": ("interpolation",),
    "label_smoothing": ("smoothing",),
    "length": ("sequence_length", "max_length", "max_len"),
    "lr": ("learning_rate", "rate"),
    "mask": ("attn_mask", "attention_mask"),
    "multiplier": ("depth_multiplier",),
    "output_pad": ("output_padding",),
    "p": ("norm_type",),
    "pad": ("padding", "pads"),
    "padding": ("pad", "padding_idx"),
    "rate": ("p", "prob", "drop_rate", "drop_prob"),
    "rows": ("num_embeddings", "input_dim", "vocab_size", "vocabulary_size"),
    "scale": ("gamma", "scale_factor", "upscale_factor", "downscale_factor", "block_size"),
    "shape": ("target_shape", "size"),
    "shift": ("beta", "center", "bias"),
    "slope": ("negative_slope", "alpha"),
    "std": ("stddev", "sigma"),
    "stride": ("strides", "subsample"),
    "warmup": ("warmup_epochs",),
    "weight_decay": ("decay", "l2", "wd"),
    "width": ("embedding_dim", "output_dim"),
}
"""Arguments by their word here: what other frameworks call them, in whatever takes them."""


NUMBER = "NUMBER"
"""In a call of another framework: any single number."""


def argument_meant(name: str, known: list[str]) -> str | None:
    """Which of some arguments another framework's argument is, or None."""
    wanted = plain(name)
    for word in known:
        if wanted == plain(word) or any(wanted == plain(other) for other in ARGUMENTS.get(word, ())):
            return word
    return None
