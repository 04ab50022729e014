"""The small networks as a Keras user writes them, pictures with channels last, and a step of training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from bench.nets import RATE


def dense() -> Any:
    return keras.Sequential(
        [layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(512, activation="relu"), layers.Dense(10)]
    )


def cnn() -> Any:
    return keras.Sequential([
        layers.Input((28, 28, 1)),
        *(layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)),
        *(layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)),
        *(layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10)),
    ])  # fmt: skip


def residual_cnn() -> Any:
    def conv(x: Any) -> Any:
        return layers.Conv2D(32, 3, padding="same", activation="relu")(x)

    image = layers.Input((28, 28, 1))
    skip = layers.MaxPooling2D(2)(conv(conv(image)))
    x = layers.MaxPooling2D(2)(layers.add([conv(conv(skip)), skip]))
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    return keras.Model(image, layers.Dense(10)(x))


def lenet5() -> Any:
    return keras.Sequential([
        layers.Input((28, 28, 1)),
        *(layers.Conv2D(6, 5, padding="same", activation="relu"), layers.MaxPooling2D(2)),
        *(layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(2), layers.Flatten()),
        *(layers.Dense(120, activation="relu"), layers.Dense(84, activation="relu"), layers.Dense(10)),
    ])  # fmt: skip


NETS: dict[str, Callable[[], Any]] = {
    "MLP 784-512-10": dense, "lecture CNN": cnn, "lecture residual CNN": residual_cnn, "LeNet-5": lenet5,
}  # fmt: skip


def step(name: str, image: np.ndarray, label: np.ndarray, weights: list[np.ndarray]) -> Callable[[], float]:
    """`train_on_batch` on pictures [N, C, H, W], from weights in ONNX's layouts."""
    model = NETS[name]()
    model.set_weights(turned(weights))
    model.compile(
        optimizer=keras.optimizers.SGD(RATE, momentum=0.9),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    pictures = np.ascontiguousarray(image.transpose(0, 2, 3, 1))
    return lambda: float(model.train_on_batch(pictures, label))


def turned(weights: list[np.ndarray]) -> list[np.ndarray]:
    """Our weights as Keras has them: convolutions [H, W, I, O], matrices [in, out], maps flattened channels last."""
    found = []
    channels = 1
    for array in weights:
        if array.ndim == 4:
            channels = array.shape[0]
            array = array.transpose(2, 3, 1, 0)
        elif array.ndim == 2:
            rows = array.reshape(len(array), channels, -1)  # what comes from maps is [out, C, H * W]
            array = rows.transpose(2, 1, 0).reshape(-1, len(array))
            channels = 1
        found.append(np.ascontiguousarray(array))
    return found
