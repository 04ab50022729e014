"""L3xx, norms and dropout, and L002: what they find with which figures, and what comes near and is left alone."""

from __future__ import annotations

import pytest
from one_rule import net, said

LOGITS = "global_avgpool; y = dense(4)"
LOSS = "loss = cross_entropy(y, label)"


@pytest.mark.parametrize(
    ("code", "body", "message"),
    [
        ("L002", "conv(4, 3x3) -> instancenorm", "instance normalization takes this bias out again: `conv1.bias`: 4"),
        ("L002", "conv(4, 3x3) -> groupnorm(4)", "group normalization takes this bias out again: `conv1.bias`: 4"),
        (
            "L301",
            "dropout(0.5) -> relu -> batchnorm",
            "batch norm learns a variance 2 times as large as it meets in use",
        ),
        (
            "L302",
            "dropout(0.3) -> conv(4, 3x3) -> batchnorm",
            "dropout of single elements of a map, with batch norm behind",
        ),
        (
            "L307",
            "batchnorm -> flatten -> layernorm",
            "layernorm right behind batchnorm: takes out the scale and shift",
        ),
        (
            "L308",
            "global_avgpool(keep=true) -> instancenorm",
            "instancenorm over a single number: of 3x1x1 it always makes 0",
        ),
        ("L308", "global_avgpool -> groupnorm(3)", "groupnorm over a single number: of 3 it always makes 0"),
        ("L308", "global_avgpool -> dense(1) -> rmsnorm", "rmsnorm over a single number: of 1 it always makes 1 or -1"),
        (
            "L309",
            "batchnorm(momentum=0)",
            "a step keeps 0 % of the running statistics: PyTorch's momentum of 0 is 1 here",
        ),
        (
            "L310",
            "weightnorm(conv(4, 3x3)) -> batchnorm",
            "batchnorm takes out the lengths that weightnorm learns: `weightnorm1",
        ),
    ],
)
def test_found(code: str, body: str, message: str) -> None:
    (found,) = said(net(body), code)
    assert found.startswith(message)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("L002", "conv(4, 3x3) -> groupnorm(2)"),
        ("L002", "conv(4, 3x3) -> rmsnorm"),
        ("L002", "flatten -> dense(4) -> layernorm"),
        ("L002", "flatten(from=1) -> dense(4) -> batchnorm"),  # its bias is along another axis than the channels
        ("L002", "conv(4, 3x3, act=relu) -> batchnorm"),
        ("L301", "dropout(0.5) -> conv(4, 3x3) -> batchnorm"),
        ("L301", "dropout(0) -> batchnorm"),
        ("L301", "dropout -> layernorm"),
        ("L302", "conv(4, 3x3) -> batchnorm -> dropout"),
        ("L302", "spatial_dropout -> conv(4, 3x3) -> batchnorm"),
        ("L302", "global_avgpool -> dropout -> dense(4) -> batchnorm"),
        ("L302", "dropout -> conv(4, 3x3) -> layernorm"),
        ("L307", "batchnorm -> relu -> batchnorm"),
        ("L307", "y = batchnorm; z = y -> batchnorm; output y, z"),
        ("L308", "instancenorm"),
        ("L308", "global_avgpool -> groupnorm(1)"),
        ("L309", "batchnorm(momentum=0.9)"),
        ("L309", "batchnorm"),
        ("L310", "weightnorm(conv(4, 3x3)) -> relu"),
        ("L310", "weightnorm(conv(4, 3x3)) -> layernorm"),
    ],
)
def test_left_alone(code: str, body: str) -> None:
    assert said(net(body), code) == []


@pytest.mark.parametrize(
    ("batch", "norm", "more", "found"),
    [
        (
            "4",
            "batchnorm",
            "",
            ["1 batch norm of 4 examples at a time: `batchnorm1` sees 3,600 numbers of each channel"],
        ),
        (
            "1",
            "batchnorm",
            "; accumulate = 16",
            ["1 batch norm of 1 example at a time: `batchnorm1` sees 900 numbers of"],
        ),
        ("8", "batchnorm", "", []),
        ("4", "groupnorm(2)", "", []),
        ("4", "batchnorm", '; freeze = ["batchnorm1"]', []),
    ],
)
def test_batches_of_few(batch: str, norm: str, more: str, found: list[str]) -> None:
    text = net(f"conv(4, 3x3) -> {norm} -> relu -> {LOGITS}", train=f"{LOSS}; batch = {batch}{more}")
    items = said(text, "L303")
    assert len(items) == len(found)
    assert all(item.startswith(start) for item, start in zip(items, found, strict=True))


@pytest.mark.parametrize(
    ("end", "loss", "count"),
    [
        ("dense(4) -> batchnorm", "cross_entropy(y, label)", 1),
        ("dense(4) -> layernorm", "mse(y, target)", 1),
        ("batchnorm -> dense(4)", "mse(y, target)", 0),
        ("dense(4) -> batchnorm -> sigmoid", "mse(y, target)", 0),
        ("z = dense(4); y = z -> batchnorm", "mse(y, z)", 0),  # compared with a value of the net
    ],
)
def test_a_norm_after_the_last_layer(end: str, loss: str, count: int) -> None:
    text = net(f"global_avgpool; {'' if '=' in end else 'y = '}{end}", train=f"loss = {loss}")
    assert len(said(text, "L304")) == count


TRUNK = "stem = conv(4, 3x3, bias=false) -> batchnorm -> relu; conv(4, 3x3, bias=false) -> relu"


@pytest.mark.parametrize(
    ("freeze", "moving", "between"),
    [
        ('"stem.*.weight", "stem.*.bias"', 1, 0),
        ('"stem"', 0, 0),
        ('"stem.conv1", "conv1"', 0, 1),
        ('"stem.conv1"', 0, 0),  # what is behind the norm may adapt
        ('"stem", "conv1"', 0, 0),
    ],
)
def test_frozen_parts_with_norms(freeze: str, moving: int, between: int) -> None:
    text = net(f"{TRUNK}; {LOGITS}", train=f"{LOSS}; freeze = [{freeze}]")
    assert (len(said(text, "L305")), len(said(text, "L306"))) == (moving, between)
