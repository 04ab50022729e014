"""The words of the grammar, as `netc explain` tells about them: what each does, and a net that has it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """A word of the grammar.

    words    the word, and others that this text is about
    text     what it does
    example  a file that has it
    also     what the same is called elsewhere
    """

    words: tuple[str, ...]
    text: str
    example: str
    also: tuple[str, ...] = ()


STATEMENTS = (
    Statement(
        ("net",),
        "A network: its inputs, and layers from top to bottom. What stands in parentheses are its arguments, "
        "which `--set width=32` changes. It is a layer too, in other nets.",
        'net Small(width = 16) "with one hidden layer" {\n'
        "  input x: 8\n"
        "  dense(width, act=relu)\n"
        "  logits = dense(10)\n"
        "}\n",
        ("Model", "nn.Module", "Functional"),
    ),
    Statement(
        ("block",),
        "A layer written in the language. Its value is that of its last statement; `in` is what flowed in. It "
        "may end with a list, to give several values.",
        "block residual(width) {\n"
        "  dense(width, act=relu) -> dense(in.features)\n"
        "  add(in)\n"
        "}\n"
        "net A {\n"
        "  input x: [6, 8]\n"
        "  repeat 2 { residual(32) }\n"
        "}\n",
        ("Layer", "subclass", "def"),
    ),
    Statement(
        ("train",),
        "How a net is trained: settings, no layers; docs/language.md, Training, lists them. Inside a net "
        "`train only { … }` holds layers that training alone has: a loss of your own, an auxiliary head.",
        "net A {\n"
        "  input x: 8\n"
        "  logits = dense(10)\n"
        "}\n"
        "train A {\n"
        "  loss      = cross_entropy(logits, label)\n"
        "  optimizer = adam(lr=1e-3)\n"
        "  epochs    = 5\n"
        "}\n",
        ("compile", "fit"),
    ),
    Statement(
        ("step",),
        "In a train section, a part of it with a loss of its own; the steps run in turn on each batch. "
        "`trains` says what it moves, `every` on which batches it runs.",
        "net Gan {\n"
        "  input noise: 4, real: 8\n"
        "  fake = noise -> dense(8)\n"
        "  shared judge = dense(1)\n"
        "  on_fake = fake -> judge\n"
        "  on_real = real -> judge\n"
        "  output fake, on_fake, on_real\n"
        "}\n"
        "train Gan {\n"
        "  optimizer = adam(lr=2e-4, beta1=0.5)\n"
        '  step critic { trains = ["judge"]; loss = mse(on_real, 1) + mse(on_fake, 0) }\n'
        '  step maker { trains = ["fake"]; loss = mse(on_fake, 1) }\n'
        "}\n",
        ("train_step", "training_step"),
    ),
    Statement(
        ("only",),
        "`train only { … }` holds layers that training alone has. What flows goes on unchanged behind it; the "
        "names that are bound in it are for `train` sections.",
        "net A {\n"
        "  input x: 8\n"
        "  hidden = dense(16)\n"
        "  train only { energy = hidden -> square -> sum }\n"
        "  logits = dense(10)\n"
        "}\n"
        "train A { loss = cross_entropy(logits, label) + 0.01 * mean(energy) }\n",
    ),
    Statement(
        ("input",),
        "What the data supplies, by name and shape: channels first, without the batch. `int [T]` are whole "
        "numbers, `bytes 224x224x3` images as they are stored. A name in capitals is a size that is open.",
        "net A {\n"
        "  input image: 3x32x32, words: int [T], size: float\n"
        "  text = words -> embedding(100, 8) -> mean(axis=0)\n"
        "  seen = image -> flatten -> dense(8)\n"
        "  logits = text + seen + size -> dense(10)\n"
        "}\n",
        ("InputLayer", "placeholder", "InputSpec"),
    ),
    Statement(
        ("output",),
        "The values that a net gives. Without it that is the value of the last statement.",
        "net A {\n  input x: [6, 8]\n  logits = dense(4)\n  size = x -> dense(1)\n  output logits, size\n}\n",
        ("outputs", "return"),
    ),
    Statement(
        ("use",),
        'Takes blocks and nets from the library (`std.resnet`) or from a file beside this one (`"parts.net"`).',
        "use std.attention (squeeze_excite)\n\nnet A {\n  input image: 3x8x8\n  conv(16, 3x3) -> squeeze_excite\n}\n",
        ("import", "include"),
    ),
    Statement(
        ("shared",),
        "Makes a layer, or a chain of them, without applying it: each `-> f` then uses the same weights.",
        "net Siamese {\n"
        "  input left: 8, right: 8\n"
        "  shared embed = dense(16, act=relu) -> dense(4)\n"
        "  a = left -> embed\n"
        "  b = right -> embed\n"
        "  distance = a - b -> abs -> sum(keep=true)\n"
        "}\n",
        ("weight_sharing", "tied", "reuse"),
    ),
    Statement(
        ("frozen",),
        "Layers whose weights stay as they are: no gradient, no optimizer state, and batch norm keeps its "
        'statistics. In a train section `freeze = ["stem"]` does the same for parts by name.',
        "net A {\n  input x: 8\n  frozen { stem = dense(16) -> batchnorm }\n  logits = dense(4)\n}\n",
        ("trainable", "requires_grad", "requires_grad_", "no_grad"),
    ),
    Statement(
        ("repeat",),
        "Writes its braces out so many times, one behind the other: other weights each time.",
        "net A {\n  input x: [6, 8]\n  repeat 3 { dense(8, act=relu) }\n}\n",
        ("while", "loop"),
    ),
    Statement(
        ("for",),
        "Writes its braces out once for each element of a range or a list. What flows goes through all of "
        "them; a name that is bound inside is afterwards the list of its values.",
        "net A {\n"
        "  input x: 8\n"
        "  for width in [16, 32] { h = dense(width, act=relu) }\n"
        "  for i in 0..4 { expert = x -> dense(3) }\n"
        "  concat(h)\n"
        "  logits = dense(3) -> add(expert)\n"
        "}\n",
        ("ModuleList", "loop"),
    ),
    Statement(
        ("if", "else"),
        "Chooses while the net is compiled: numbers are known then, tensors are not. By values of tensors "
        "`where` chooses.",
        "net A(deep = true) {\n"
        "  input x: 8\n"
        "  if deep { dense(16, act=relu) } else { relu }\n"
        "  logits = dense(10 if deep else 5)\n"
        "}\n",
        ("cond", "elif", "switch"),
    ),
    Statement(
        ("scan", "prev"),
        "Runs its braces for each element of a sequence, along axis 0, with one set of weights, and stacks "
        "what they give. `scan(h = start)` declares a state: `prev h` is that of the step before, `h = …` "
        "binds the next. Of `read = scan(h = …) { … }`, `read` is the sequence of all steps and `read.h` the "
        "last state. Without a state it is the time-distributed layer. `scan(reverse=true)` goes from the "
        "last step to the first. `in` is one step.",
        "net A(width = 16) {\n"
        "  input x: [T, 8]\n"
        "  read = scan(h = zeros([width])) { h = [in, prev h] -> concat -> dense(width, act=tanh) }\n"
        "  each = read -> dense(2)\n"
        "  logits = read.h -> dense(10)\n"
        "  output logits, each\n"
        "}\n",
        ("TimeDistributed", "RNNCell", "LSTMCell", "GRUCell", "while_loop", "fori_loop", "map"),
    ),
    Statement(
        ("in",),
        "What entered the nearest flow braces: a block, a chain `{ … }`, a branch of a merge, a step of "
        "`scan`, the net.",
        "block gate() {\n"
        "  strength = dense(in.features, act=sigmoid)\n"
        "  in * strength\n"
        "}\n"
        "net A {\n"
        "  input x: [6, 8]\n"
        "  gate()\n"
        "}\n",
    ),
    Statement(
        ("expect",),
        "A condition that is checked with the net: of shapes, parameters, cost. About an open size it is an "
        "assumption.",
        "net A {\n  input x: 8\n  logits = dense(10)\n  expect params == 90 and logits.shape == [10]\n}\n",
        ("assert", "assert_shape"),
    ),
    Statement(
        ("none",),
        "Nothing: as a layer the one that hands on what flows, as an argument that there is none.",
        "net A(act = none) {\n  input x: 8\n  dense(10) -> act\n}\n",
    ),
    Statement(
        ("and", "or", "not", "true", "false"),
        "Logic of static values, in `if`, `expect` and arguments. Tensors have `logical_and`, `logical_or`, "
        "`logical_not`.",
        "net A(small = false) {\n  input x: 8\n  if not small and x.features > 4 { dense(16) }\n  dense(2)\n}\n",
    ),
    Statement(
        ("as",),
        "Another name for what `use` brings in.",
        "use std.mlp (mlp as tower)\n\nnet A {\n  input x: 8\n  tower([16, 4])\n}\n",
    ),
)
"""In the order in which one meets them."""
