"""The newer families as a PyTorch user writes them, in the order of parameters of our `.net` files."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Lstm(nn.Module):
    """An LSTM whose last state is classified."""

    def __init__(self, hidden: int = 128, classes: int = 10) -> None:
        super().__init__()
        self.lstm = nn.LSTM(64, hidden, batch_first=True)
        self.head = nn.Linear(hidden, classes)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.head(self.lstm(rows)[0][:, -1])


class Attention(nn.Module):
    """Attention of a sequence to itself, by PyTorch's fused function."""

    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.project = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        q, k, v = self.project(x).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.join(seen.transpose(1, 2).reshape(batch, length, width))


class Encoder(nn.Module):
    """Attention and two dense layers, each normalized first and added to what was there."""

    def __init__(
        self, width: int, heads: int, hidden: int, *, causal: bool = False, gelu: str = "none", epsilon: float = 1e-5
    ) -> None:
        super().__init__()
        self.attend = nn.Sequential(nn.LayerNorm(width, epsilon), Attention(width, heads, causal))
        self.feed = nn.Sequential(
            nn.LayerNorm(width, epsilon), nn.Linear(width, hidden), nn.GELU(gelu), nn.Linear(hidden, width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attend(x)
        return x + self.feed(x)


class Gpt(nn.Module):
    """Decoders on bytes and their places; the head has the weights of the embedding."""

    def __init__(self, depth: int = 4, width: int = 256, heads: int = 4, vocab: int = 256, context: int = 128) -> None:
        super().__init__()
        self.words = nn.Embedding(vocab, width)
        nn.init.normal_(self.words.weight, std=0.02)
        self.places = nn.Embedding(context, width)
        nn.init.normal_(self.places.weight, std=0.02)
        layers = [Encoder(width, heads, 4 * width, causal=True, gelu="tanh") for _ in range(depth)]
        self.layers = nn.Sequential(*layers, nn.LayerNorm(width))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return functional.linear(self.layers(self.words(tokens) + self.places.weight), self.words.weight)


class Begun(nn.Module):
    """A token in front of a sequence, and a vector for each place."""

    def __init__(self, places: int, width: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(0.02 * torch.randn(1, places + 1, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.places


class Vit(nn.Module):
    """Encoders on patches, with a token whose place is classified."""

    def __init__(
        self, patch: int = 16, depth: int = 12, width: int = 192, heads: int = 3, hidden: int = 768, size: int = 224,
        classes: int = 1000, drop: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        assert drop == 0, "it drops nothing"
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.begun = Begun((size // patch) ** 2, width)
        self.layers = nn.Sequential(
            *(Encoder(width, heads, hidden, epsilon=1e-6) for _ in range(depth)), nn.LayerNorm(width, 1e-6)
        )
        self.head = nn.Linear(width, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        patches = self.patches(image).flatten(2).transpose(1, 2)
        return self.head(self.layers(self.begun(patches))[:, 0])


def unit(inputs: int, filters: int, kernel: int = 1, stride: int = 1, groups: int = 1, act: bool = True) -> nn.Module:
    """A convolution, batch normalization and, unless told, a ReLU of at most 6."""
    conv = nn.Conv2d(inputs, filters, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(filters), *([nn.ReLU6(inplace=True)] if act else []))


class Inverted(nn.Module):
    """MobileNetV2's block: widened, each channel by itself, narrowed; added where the shapes are the same."""

    def __init__(self, inputs: int, filters: int, expansion: int, stride: int) -> None:
        super().__init__()
        self.added = stride == 1 and inputs == filters
        inner = inputs * expansion
        self.body = nn.Sequential(
            *([unit(inputs, inner)] if expansion > 1 else []),
            *(unit(inner, inner, 3, stride, inner), unit(inner, filters, act=False)),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.body(x) if self.added else self.body(x)


STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def mobilenet_v2(size: int = 96, drop: float = 0.0, classes: int = 1000) -> nn.Module:
    layers = [unit(3, 32, 3, 2)]
    inputs = 32
    for expansion, filters, depth, stride in STAGES:
        for i in range(depth):
            layers.append(Inverted(inputs, filters, expansion, stride if i == 0 else 1))
            inputs = filters
    end = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(drop), nn.Linear(1280, classes))
    return nn.Sequential(*layers, unit(320, 1280), *end)


class LayerNorm2d(nn.LayerNorm):
    """Layer normalization of the channels of each place of a map."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Scale(nn.Module):
    """A factor for each channel of a map."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((width, 1, 1), 1e-6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight * x


class ConvNextBlock(nn.Module):
    """A depthwise convolution and two dense layers for each place, scaled and added to what was there."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.dense = nn.Sequential(
            nn.LayerNorm(width, 1e-6), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.scale = Scale(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.scale(self.dense(self.conv(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2))


def convnext(
    depths: tuple[int, ...], widths: tuple[int, ...], drop: float = 0.0, size: int = 96, classes: int = 1000
) -> nn.Module:
    assert drop == 0, "it drops nothing"
    layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 4, 4), LayerNorm2d(widths[0], 1e-6)]
    for at, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        if at:
            layers += [LayerNorm2d(widths[at - 1], 1e-6), nn.Conv2d(widths[at - 1], width, 2, 2)]
        layers += [ConvNextBlock(width) for _ in range(depth)]
    end = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(widths[-1], 1e-6), nn.Linear(widths[-1], classes))
    return nn.Sequential(*layers, *end)


class DenseLayer(nn.Module):
    """DenseNet-BC's: what it makes is joined to all that was there before."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.BatchNorm2d(inputs), nn.ReLU(inplace=True), nn.Conv2d(inputs, 4 * growth, 1, bias=False)),
            *(nn.BatchNorm2d(4 * growth), nn.ReLU(inplace=True)),
            nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, self.body(x)], 1)


def densenet(depth: int = 100, growth: int = 12, classes: int = 10) -> nn.Module:
    width = 2 * growth
    layers: list[nn.Module] = [nn.Conv2d(3, width, 3, padding=1, bias=False)]
    for stage in range(3):
        for _ in range((depth - 4) // 6):
            layers.append(DenseLayer(width, growth))
            width += growth
        if stage < 2:
            conv = nn.Conv2d(width, width // 2, 1, bias=False)
            layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True), conv, nn.AvgPool2d(2)]
            width //= 2
    end = (nn.BatchNorm2d(width), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(*layers, *end, nn.Linear(width, classes))


def double(inputs: int, filters: int) -> nn.Module:
    """Two convolutions, each with batch normalization and a ReLU."""
    first = (nn.Conv2d(inputs, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(inplace=True))
    second = (nn.Conv2d(filters, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters), nn.ReLU(inplace=True))
    return nn.Sequential(*first, *second)


class UNet(nn.Module):
    """Down, and up again with what was seen on the way."""

    def __init__(self, width: int = 32, depth: int = 4, size: int = 128, classes: int = 2) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(depth)]
        self.down = nn.ModuleList(double(inputs, wide) for inputs, wide in zip([3, *widths], widths, strict=False))
        self.bottom = double(widths[-1], 2 * widths[-1])
        self.up = nn.ModuleList(
            nn.ModuleList([nn.ConvTranspose2d(2 * wide, wide, 2, 2), double(2 * wide, wide)])
            for wide in reversed(widths)
        )
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        skips = []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, layer in self.up:  # type: ignore[misc]
            x = layer(torch.cat([up(x), skips.pop()], 1))
        return self.head(x)
