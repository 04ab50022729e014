"""Standard operators only: runs on every provider. What a CPU is fastest with comes first."""

from __future__ import annotations

from netc.compiler.targets.conditions import can_turn, has_large_sums, is_pointwise, is_ungrouped
from netc.compiler.targets.convolution import (
    long_product_weight_gradient,
    pointwise_weight_gradient,
    swapped_weight_gradient,
    transposed_input_gradient,
    turned_input_gradient,
)
from netc.compiler.targets.normalization import (
    batch_normalization_gradient,
    batch_normalization_training,
    is_over_last_axes,
    layer_normalization,
    standardization,
)
from netc.compiler.targets.pooling import average_pool_gradient, max_pool_gradient, scanned_max_pool_gradient
from netc.compiler.targets.power_iteration import power_iteration
from netc.compiler.targets.randomness import hashed_normal, hashed_uniform
from netc.compiler.targets.registry import Lowering, Table
from netc.compiler.targets.weight_products import (
    exchanged_weight_gradient,
    products_weight_gradient,
    windows_weight_gradient,
)

LONG_PRODUCT = Lowering("long_product", long_product_weight_gradient, is_pointwise, when=has_large_sums)
POINTWISE = Lowering("pointwise", pointwise_weight_gradient, is_pointwise)
SWAPPED = Lowering("swapped", swapped_weight_gradient)
WINDOWS = Lowering("windows", windows_weight_gradient)
PRODUCTS = Lowering("products", products_weight_gradient)
EXCHANGED = Lowering("exchanged", exchanged_weight_gradient, is_ungrouped)

TURNED = Lowering("turned", turned_input_gradient, can_turn)
TRANSPOSED = Lowering("transposed", transposed_input_gradient)

STD: Table = {
    "AveragePoolGradient": (Lowering("spread", average_pool_gradient),),
    "BatchNormalizationGradient": (Lowering("centred", batch_normalization_gradient),),
    "BatchNormalizationTraining": (Lowering("two_pass", batch_normalization_training),),
    "ConvInputGradient": (TURNED, TRANSPOSED),
    "ConvWeightGradient": (LONG_PRODUCT, POINTWISE, SWAPPED, WINDOWS, PRODUCTS, EXCHANGED),
    "MaxPoolGradient": (
        Lowering("maxima", max_pool_gradient),
        Lowering("scan", scanned_max_pool_gradient),
    ),
    "PowerIterationTraining": (Lowering("products", power_iteration),),
    "RandomNormal": (Lowering("hashed", hashed_normal),),
    "RandomUniform": (Lowering("hashed", hashed_uniform),),
    "Standardization": (
        Lowering("layer_normalization", layer_normalization, is_over_last_axes),
        Lowering("two_pass", standardization),
    ),
}
