"""The transpose of a convolution."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, Boolean, Optional_, argument
from netc.compiler.declare.extents import Extent, Pad
from netc.compiler.declare.references import LayerType
from netc.compiler.ir import Value, format_shape
from netc.compiler.layers.base import (
    HE_UNIFORM,
    ZEROS,
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    constant_size,
    language_shape,
    layer,
)
from netc.compiler.layers.convolution.conv import check_groups
from netc.compiler.layers.formulas import each
from netc.compiler.layers.spatial import PerAxis, given_pads, per_axis, spatial_sizes


@layer("conv_transpose")
class ConvTranspose(Layer):
    """A convolution turned round: `[C, H, W]` -> `[filters, H', W']`, H' = (H - 1) * stride + extent - pads.

    Each element adds its multiple of the kernel to the result, `stride` apart; `pad` cuts rows off it and `output_pad`
    adds some at the end, as in PyTorch. With `pad=same` H' = H * stride, as in Keras, the odd row cut at the end. Works
    on one to three spatial axes; extent = (kernel - 1) * dilation + 1. Also known as a deconvolution.

    Parameters: weight `[C, filters / groups, *kernel]`, drawn from `he_uniform` with fan_in = C * kernel elements;
    bias `[filters]`, zeros (Zeiler et al. 2010; Dumoulin & Visin 2016, arXiv:1603.07285).
    """

    also = (
        "transposed_conv",
        "upconv",
        "ConvolutionNDTranspose",
        "ConvTransposeNd(-in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias, "
        "dilation)",
        "Conv1DTranspose(filters, kernel_size, strides, padding)",
        "Conv2DTranspose(filters, kernel_size, strides, padding)",
        "Conv3DTranspose(filters, kernel_size, strides, padding)",
        "deconv",
        "deconvolution",
        "LazyConvTransposeNd",
    )

    filters: int = argument(SIZE, "output channels")
    kernel: PerAxis = argument(Extent(), "the kernel's size: `3x3`, or a number for all axes")
    stride: PerAxis = argument(Extent(), "the distance of the kernels in the result", default=1)
    pad: Any = argument(Pad(), "rows that are cut off the result, or `same` for size * stride", default=0)
    output_pad: PerAxis = argument(Extent(0), "rows that are added at the end, fewer than the stride", default=0)
    dilation: PerAxis = argument(Extent(), "distance of the kernel's elements", default=1)
    groups: int = argument(SIZE, "groups of channels that don't mix", default=1)
    bias: bool = argument(Boolean(), "whether a bias is added", default=True)
    act: object = argument(Optional_(LayerType()), "activation that follows", default=None)
    linear = True

    samples = (
        Sample(
            "conv_transpose(4, 2x2, stride=2)",
            "3x5x4",
            out="4x10x8",
            params=52,
            weights={"weight": "3x4x2x2 he_uniform", "bias": "4 constant"},
        ),
        Sample("conv_transpose(4, 3, stride=2, pad=1, output_pad=1)", "2x5x4", out="4x10x8", params=76),
        Sample("conv_transpose(4, 3, stride=2, pad=same, bias=false)", "2x5x4", out="4x10x8", params=72),
        Sample("conv_transpose(2, 1, stride=3, pad=same)", "2x4", out="2x12", params=6),
        Sample("conv_transpose(6, 3x2, stride=[1, 3], groups=2, dilation=2)", "4x5x4", out="6x9x12", params=78),
        Sample("conv_transpose(4, 3, pad=[[0, 2], [1, 0]], groups=4)", "4x5x4", out="4x5x5", params=40),
        Sample("conv_transpose(2, 4, stride=3, output_pad=2, act=relu)", "2x4", out="2x15", params=18),
        Sample("conv_transpose(2, [1, 2, 3], stride=[1, 2, 1], pad=[0, 0, 1])", "2x3x2x3", out="2x3x4x3", params=26),
        Sample("conv_transpose(2, 2, stride=2)", "[3, H, W]", out="[2, 2 * H, 2 * W]", params=26),
    )
    errors = (
        Wrong("conv_transpose(0, 3)", "3x8x8", code="E224", says="a positive whole number, found 0"),
        Wrong(
            "conv_transpose(4, 3, stride=2, output_pad=2)", "3x8", code="E301", says="output_pad 2 with a stride of 2"
        ),
        Wrong("conv_transpose(4, 3, pad=5)", "3x8x8", code="E301", says="padding leaves nothing of 10x10"),
        Wrong(
            "conv_transpose(4, 3, pad=same, output_pad=1, stride=2)",
            "3x8",
            code="E301",
            says="`pad=same` decides the size",
        ),
        Wrong("conv_transpose(6, 3, groups=4)", "8x8x8", code="E301", says="6 filters do not divide into 4 groups"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        sizes = spatial_sizes(x, self.word)
        kernel, strides, dilations, more = (
            per_axis(getattr(self, name), x, name) for name in ("kernel", "stride", "dilation", "output_pad")
        )
        channels = constant_size(language_shape(x)[0], "the number of channels")
        check_groups(channels, self.filters, self.groups)
        extents = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True))
        pads, more = self._around(x, extents, strides, more)
        full = tuple((size - 1) * s + e for size, s, e in zip(sizes, strides, extents, strict=True))
        axes = len(full)
        for i, size in enumerate(full):
            if isinstance(size, int) and size + more[i] <= pads[i] + pads[axes + i]:
                raise ShapeError(f"padding leaves nothing of {format_shape(full)}", argument="pad")
        weight = b.parameter("weight", (channels, self.filters // self.groups, *kernel), HE_UNIFORM, layout="IO")
        y = b.ConvTranspose(
            b.batched(x),
            weight,
            strides=strides,
            pads=pads,
            dilations=dilations,
            group=self.groups,
            output_padding=more,
        )
        if self.bias:
            bias = b.parameter("bias", (self.filters,), ZEROS)
            y = b.Add(y, b.Reshape(bias, shape=(self.filters, *(1,) * axes)))
        return b.apply(self.act, y, "act") if self.act is not None else y

    def _around(
        self, x: Value, extents: tuple[int, ...], strides: tuple[int, ...], more: tuple[int, ...]
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What is cut off the result at its begins and ends, and what is added at the end."""
        for extra, stride in zip(more, strides, strict=True):
            if extra and self.pad == "same":
                raise ShapeError("`pad=same` decides the size", argument="output_pad", help="leave `output_pad` out")
            if extra >= stride:
                raise ShapeError(
                    f"output_pad {extra} with a stride of {stride}",
                    argument="output_pad",
                    help="it chooses among the sizes that a stride makes alike: keep it below the stride",
                )
        if self.pad != "same":
            return given_pads(self.pad, x), more
        totals = [max(extent - stride, 0) for extent, stride in zip(extents, strides, strict=True)]
        missing = tuple(max(stride - extent, 0) for extent, stride in zip(extents, strides, strict=True))
        return (*(total // 2 for total in totals), *(total - total // 2 for total in totals)), missing

    def formula(self, torch: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """All of the result, then its inner part: the one of `same` lies as much as possible in the middle."""
        functional, axes = torch.nn.functional, x.ndim - 1
        transposed = (functional.conv_transpose1d, functional.conv_transpose2d, functional.conv_transpose3d)[axes - 1]
        strides = each(self.stride, x)
        whole = transposed(x, weight, bias, strides, 0, 0, self.groups, each(self.dilation, x))
        more = each(self.output_pad, x)
        for axis in range(axes):
            length = whole.shape[axis + 1]
            if self.pad == "same":
                wanted = x.shape[axis + 1] * strides[axis]
                begin, end = max(length - wanted, 0) // 2, wanted + max(length - wanted, 0) // 2
            else:
                item = each(self.pad, x)[axis]
                cut = (item, item) if isinstance(item, int) else item
                begin, end = cut[0], length - cut[1] + more[axis]
            edge = torch.zeros_like(whole) if bias is None else bias.reshape(-1, *(1,) * axes).expand(whole.shape)
            long = torch.cat([whole, edge], axis + 1)
            whole = long.narrow(axis + 1, begin, end - begin)
        return whole
