"""What stands above the tables of docs/performance.md."""

INTRODUCTION = """\
# Performance

Every table on this page is written by `python -m bench report --name {name}` from `bench/results/{name}.json`; the
command above a table measures it again into that file. `make bench` measures the five small networks in about ten
minutes, into `quick.json`; `make bench-all` all of them.

Every contender has a process of its own; they take turns, a short window each, again and again, forwards and
backwards, each window when the machine is quiet. Who shares a process changes the other by up to two times. A window's
time is the median of its calls; shown are the smallest of the windows and, in brackets, their median, with † where they
lie around two values (natural breaks that explain nine tenths of the variance, 5 % apart). A ratio is ours over theirs
of the smallest ones, of the medians in brackets: below 1 netc is faster. All have the same number of threads, the same
batch, loss and optimizer in float32, no metrics, and start from the same weights; the first losses are compared. netc
is stepped from Python with `Trainer.step`, feeding and reading the loss included: `netc cpu` with the stock package
alone, `netc fast` with the optional library of `netc[fast]`, `netc std` in ONNX's standard operators
([targets.md](targets.md)); `netc session` is the bare session of `netc cpu`, bound beforehand. `eager` and
`channels_last` are PyTorch's two layouts, the second for networks of maps; its step is `zero_grad`, forward,
`cross_entropy`, `backward`, `step`, `loss.item()`.
"""

HEADLINE = """\
{mean} That is of the training steps of {count} on {where}, ours over the better of PyTorch's
two layouts, measured on a quiet machine.{but}
"""

NO_HEADLINE = """\
No training step on this page was measured on a quiet machine with every contender in a process of its own, so that it
has no headline.
"""

BUSY = """\
**These figures were taken on a busy machine**: before some rows other programs used up to {share:.0f} % of the
processor. PyTorch's threads wait for each other by spinning and suffer from that far more than ONNX Runtime's; take the
ratios as no proof of anything, and measure again when the machine is quiet.
"""

GOALS = """\
The ratio to the better of PyTorch eager and channels_last, beside the goals of this project. The first prototype was
one hand-written graph a network, before there was a compiler."""

FAMILY_GOALS = """\
The goals of the seven newer families are those of netc[fast]: at most 1.0 each, 0.8 in the mean."""

ROOFLINE = """\
Work is the products and convolutions of the forward pass, of weight gradients and of input gradients, without the first
layer's input gradient; two operations for a multiply-accumulate. The peak of {processor}
is {peak} GFLOP/s; rows that were measured on another processor have no share."""

COMPILED = """\
`torch.compile` with its defaults (inductor), beside eager and our `Trainer.step`. Milliseconds a step; its first step
holds the compilation."""

KERAS = """\
`train_on_batch` of Keras {backend}, channels last, with the same optimizer and without metrics, beside our
`Trainer.step`, from the same weights: the first losses agree to {apart:.0e}. Milliseconds a step."""

ORT_TRAINING = """\
onnxruntime-training {version}, the last one there is, in an interpreter of its own that takes turns with ours, on
PyTorch's export. Its SGD knows no momentum, so here neither has any; the first losses agree to {apart:.0e}.
Milliseconds a step. `python3.11 -m venv ort` and `ort/bin/pip install onnxruntime-training==1.19.2 "numpy<2"
onnx==1.16.2 torch cerberus h5py` make such an interpreter; `PYTHON` is then `ort/bin/python`."""

CUDA = """\
Milliseconds a step on one {card}, float32 without TF32 everywhere. The ratio is to the best of PyTorch's three on the
same card; the goal for the lecture's networks and ResNet-50 is at most {goal}. Our batch comes from the host at every
step, PyTorch's lies on the card."""

INFERENCE = """\
Milliseconds a batch. `netc` is the file that `netc compile` writes, `torch export` the file of PyTorch's own exporter
({exporter}), both in the same ONNX Runtime with its defaults; `netc.Model` is the call from Python, whose weights stay
changeable. Outputs agree with PyTorch's to {apart:.0e} of the largest. The goals: at most 1.0 of the export, at most
0.8 of PyTorch. The last column is the time that the products would take at the rate of the machine's best product, or
weights of 64 MB and more to be read once at its copying rate, whichever is longer, as a share of ours: where it is near
100 % nothing is left to gain, and PyTorch is near it too."""

LOAD = """\
`netc compile --train` is timed from the shell. The last columns count from the start of a fresh process: until the step
is compiled, until its session is there, until the first step is done."""

LOOP = """\
The step of `Trainer.fit`, with shuffling, batches, augmentation, feeding and a listener, beside the bare session's on
one batch that stays where it is; both are means over an epoch. `augmented` flips and crops; `pictures` are PNG files in
folders, decoded once when they are opened; `decoded` ones are too many for memory, and each batch is decoded while
others train. All run in one process; shown are the smallest of some rounds and their median. `by hand` is
`Trainer.step` on batches that lie ready: what it costs to check, feed and read, and that each batch is new to the
processor's caches. The goal: at most 5 % more. A thread makes the batches; with {threads}
threads on {cores} cores it takes its time from the step's."""

MEMORY = """\
MB at the peak of a fresh process that makes three steps and nothing else, Python and libraries included; the ratio is
to the better of PyTorch's two. The goal: at most {goal} on AlexNet, VGG-16 and ResNet-50."""

PROFILE = """\
Our step, operator by operator, as ONNX Runtime's profile tells it: `update` is the optimizer's, `between` the time in
which no operator ran. `netc bench FILE` shows the same, complete, for any network."""
