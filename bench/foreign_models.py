"""Networks in PyTorch as people write them, to export and import: random weights and statistics, small ones first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

Made = tuple[nn.Module, torch.Tensor]


class Plain(nn.Module):
    """A convolutional network in two sequences."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.LeakyReLU(0.1),
            nn.AvgPool2d(2), nn.Conv2d(16, 16, 3, padding=1), nn.Sigmoid(),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(784, 32), nn.Tanh(), nn.Linear(32, 5))

    def forward(self, x: Any) -> Any:
        """Class scores."""
        return self.classifier(self.features(x))


class Basic(nn.Module):
    """Two convolutions and what goes past them."""

    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inner, outer, 3, stride, 1, bias=False), nn.BatchNorm2d(outer)
        self.conv2, self.bn2 = nn.Conv2d(outer, outer, 3, 1, 1, bias=False), nn.BatchNorm2d(outer)
        self.short: nn.Module = nn.Identity()
        if stride != 1:
            self.short = nn.Sequential(nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer))

    def forward(self, x: Any) -> Any:
        """A map."""
        return F.relu(self.short(x) + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class Residual(nn.Module):
    """A residual network with batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8)
        self.layer1 = nn.Sequential(Basic(8, 8, 1), Basic(8, 8, 1))
        self.layer2 = nn.Sequential(Basic(8, 16, 2), Basic(16, 16, 1))
        self.layer3 = nn.Sequential(Basic(16, 32, 2), Basic(32, 32, 1))
        self.fc = nn.Linear(32, 5)

    def forward(self, x: Any) -> Any:
        """Class scores."""
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class SqueezeExcite(nn.Module):
    """A gate for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, channels // 4, 1), nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: Any) -> Any:
        """A map."""
        return x * F.hardsigmoid(self.fc2(F.relu(self.fc1(F.adaptive_avg_pool2d(x, 1)))))


class Inverted(nn.Module):
    """MobileNetV3's block."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        wide = channels * 4
        norm, act = nn.BatchNorm2d, nn.Hardswish
        self.expand = nn.Sequential(nn.Conv2d(channels, wide, 1, bias=False), norm(wide), act())
        depthwise = nn.Conv2d(wide, wide, kernel, padding=kernel // 2, groups=wide, bias=False)
        self.depthwise = nn.Sequential(depthwise, norm(wide), act())
        self.gate = SqueezeExcite(wide)
        self.project = nn.Sequential(nn.Conv2d(wide, channels, 1, bias=False), norm(channels))

    def forward(self, x: Any) -> Any:
        """A map."""
        return x + self.project(self.gate(self.depthwise(self.expand(x))))


class Mobile(nn.Module):
    """A mobile network with squeeze and excitation."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.Hardswish())
        self.blocks = nn.Sequential(Inverted(8, 3), Inverted(8, 5), Inverted(8, 5))
        self.head = nn.Linear(8, 5)

    def forward(self, x: Any) -> Any:
        """Class scores."""
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


def double(inner: int, outer: int) -> nn.Sequential:
    """Two convolutions with batch norm."""

    def unit(channels: int) -> list[nn.Module]:
        return [nn.Conv2d(channels, outer, 3, padding=1, bias=False), nn.BatchNorm2d(outer), nn.ReLU()]

    return nn.Sequential(*unit(inner), *unit(outer))


class UNet(nn.Module):
    """Down, and up again with what was there on the way down."""

    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2, self.bottom = double(3, 8), double(8, 16), double(16, 32)
        self.up1, self.merge1 = nn.ConvTranspose2d(32, 16, 2, 2), double(32, 16)
        self.up2, self.merge2 = nn.Upsample(scale_factor=2, mode="bilinear"), double(24, 8)
        self.mask = nn.Conv2d(8, 5, 1)

    def forward(self, x: Any) -> Any:
        """A mask."""
        one = self.down1(x)
        two = self.down2(F.max_pool2d(one, 2))
        deep = self.bottom(F.max_pool2d(two, 2))
        y = self.merge1(torch.cat([two, self.up1(deep)], 1))
        return self.mask(self.merge2(torch.cat([one, self.up2(y)], 1)))


class Recurrent(nn.Module):
    """Two bidirectional LSTMs, of whose last step a class is made."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 16, num_layers=2, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(32, 5)

    def forward(self, x: Any) -> Any:
        """Class scores."""
        return self.fc(self.lstm(x)[0][:, -1])


class Encoder(nn.Module):
    """PyTorch's own transformer."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(50, 32), nn.Parameter(torch.randn(10, 32))
        layer = nn.TransformerEncoderLayer(32, 4, 64, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.head = nn.Linear(32, 5)
        for weight in self.encoder.parameters():  # PyTorch copies one layer, and its exporter stores equal numbers once
            if weight.ndim > 1:
                nn.init.xavier_uniform_(weight)

    def forward(self, x: Any) -> Any:
        """Class scores."""
        return self.head(self.encoder(self.words(x) + self.places).mean(1))


class Attention(nn.Module):
    """Causal attention as GPT's imitators write it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Any) -> Any:
        """A sequence."""
        n, t, c = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-2, -1)) / (c // self.heads) ** 0.5
        hidden = torch.tril(torch.ones(t, t, dtype=torch.bool)) == 0
        seen = scores.masked_fill(hidden, float("-inf")).softmax(-1)
        return self.proj((seen @ v).transpose(1, 2).reshape(n, t, c))


class Block(nn.Module):
    """A transformer's block, norms first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1, self.attn, self.ln_2 = nn.LayerNorm(width), Attention(width, heads), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width))

    def forward(self, x: Any) -> Any:
        """A sequence."""
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Decoder(nn.Module):
    """A small GPT."""

    def __init__(self) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(50, 32), nn.Embedding(12, 32)
        self.h = nn.ModuleList([Block(32, 4) for _ in range(3)])
        self.ln_f, self.lm_head = nn.LayerNorm(32), nn.Linear(32, 50, bias=False)

    def forward(self, x: Any) -> Any:
        """Scores of the next word."""
        y = self.wte(x) + self.wpe(torch.arange(x.shape[1]))
        for block in self.h:
            y = block(y)
        return self.lm_head(self.ln_f(y))


def _images(size: int = 32) -> torch.Tensor:
    return torch.randn(2, 3, size, size)


def _words(length: int) -> torch.Tensor:
    return torch.randint(0, 50, (2, length))


SMALL: dict[str, Callable[[], Made]] = {
    "plain convnet": lambda: (Plain(), _images()),
    "residual, batch norm": lambda: (Residual(), _images()),
    "mobile, squeeze-excite": lambda: (Mobile(), _images()),
    "U-Net": lambda: (UNet(), _images()),
    "LSTM": lambda: (Recurrent(), torch.randn(2, 10, 6)),
    "transformer encoder": lambda: (Encoder(), _words(10)),
    "GPT": lambda: (Decoder(), _words(12)),
}


def of_torchvision(name: str) -> Made:
    """One of torchvision's, with random weights."""
    import torchvision

    return getattr(torchvision.models, name)(weights=None), _images(224)


def small_swin() -> Made:
    """Two stages of torchvision's shifted windows."""
    from torchvision.models import SwinTransformer

    made = SwinTransformer(
        patch_size=[4, 4], embed_dim=12, depths=[2, 2], num_heads=[2, 2], window_size=[4, 4], num_classes=5
    )
    return made, _images(64)


def randomized(network: nn.Module) -> nn.Module:
    """The network with norms and biases that are no ones and zeros, so that a mistake with them shows."""
    g = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
            if tensor.ndim == 1 and tensor.is_floating_point():
                low, high = (0.75, 1.25) if name.endswith(("weight", "running_var")) else (-0.1, 0.1)
                tensor.copy_(torch.rand(tensor.shape, generator=g) * (high - low) + low)
    return network


def export(network: nn.Module, example: torch.Tensor, path: str, *, dynamo: bool, training: bool = False) -> None:
    """One of PyTorch's two exporters, with the batch left open."""
    if dynamo:
        shapes = ({0: torch.export.Dim("batch", min=1)},)
        torch.onnx.export(
            network, (example,), path, dynamo=True, external_data=False, dynamic_shapes=shapes, verbose=False
        )
        return
    how: dict[str, Any] = {}
    if training:
        how = {"training": torch.onnx.TrainingMode.TRAINING, "do_constant_folding": False}
    torch.onnx.export(
        network,
        (example,),
        path,
        dynamo=False,
        opset_version=18,
        input_names=["x"],
        dynamic_axes={"x": {0: "n"}},
        **how,
    )
