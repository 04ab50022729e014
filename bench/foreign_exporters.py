"""Models of other exporters than PyTorch's, each as bytes: Keras's, scikit-learn's by skl2onnx, and our own.

Keras and skl2onnx are no parts of the project's environment: `python -m pip install keras onnxscript skl2onnx`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx

EXAMPLES = Path(__file__).parent.parent / "examples"
Makers = dict[str, Callable[[], bytes]]


def others() -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    """Name and exporter of each model, and what makes it, where the exporter is installed."""
    if find_spec("keras") is not None and find_spec("onnxscript") is not None:
        yield from ((name, "Keras", make) for name, make in _of_keras().items())
    if find_spec("skl2onnx") is not None:
        yield from ((name, "skl2onnx", make) for name, make in _of_sklearn().items())
    yield from ((name, "netc", make) for name, make in _own().items())


def _of_keras() -> Makers:
    os.environ["KERAS_BACKEND"] = "torch"
    from keras import Input, Model, Sequential, layers

    def convolutional() -> Any:
        return Sequential([
            Input((32, 32, 3)), layers.Conv2D(8, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
            layers.MaxPooling2D(), layers.DepthwiseConv2D(3, strides=2, padding="same"), layers.BatchNormalization(),
            layers.ReLU(6.0), layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(5),
        ])  # fmt: skip

    def residual() -> Any:
        image = Input((32, 32, 3))
        x = layers.Conv2D(16, 3, padding="same", activation="relu")(image)
        for _ in range(3):
            y = layers.Conv2D(16, 3, padding="same", use_bias=False)(x)
            y = layers.ReLU()(layers.BatchNormalization()(y))
            y = layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same", use_bias=False)(y))
            x = layers.ReLU()(layers.Add()([x, y]))
        return Model(image, layers.Dense(5)(layers.GlobalAveragePooling2D()(x)))

    def recurrent() -> Any:
        return Sequential([Input((10, 6)), layers.LSTM(16, return_sequences=True), layers.GRU(8), layers.Dense(5)])

    def dense() -> Any:
        return Sequential([Input((8,)), layers.Dense(32, "gelu"), layers.Dense(16, "silu"), layers.Dense(5, "tanh")])

    nets = {
        "convnet, batch norm": convolutional, "residual, batch norm": residual, "LSTM and GRU": recurrent,
        "dense layers": dense,
    }  # fmt: skip
    return {name: lambda make=make: _exported(make()) for name, make in nets.items()}


def _exported(network: Any) -> bytes:
    """A network of Keras as it exports it, with random statistics in its norms."""
    random = np.random.default_rng(1)
    network(np.ones((2, *network.input_shape[1:]), np.float32))
    for weight in network.weights:
        if len(weight.shape) == 1:
            positive = weight.name in ("gamma", "moving_variance")
            drawn = random.uniform(0.75, 1.25, weight.shape) if positive else random.uniform(-0.1, 0.1, weight.shape)
            weight.assign(drawn.astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        network.export(str(path), format="onnx", verbose=False)
        return path.read_bytes()


def _of_sklearn() -> Makers:
    from skl2onnx import to_onnx
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    random = np.random.default_rng(0)
    rows, kinds = random.standard_normal((200, 6)).astype(np.float32), random.integers(0, 3, 200)

    def classifier(**options: Any) -> bytes:
        model = MLPClassifier((16, 8), max_iter=50, random_state=0).fit(rows, kinds)
        made: bytes = to_onnx(model, rows[:1], options={id(model): options}).SerializeToString()
        return made

    def regressor() -> bytes:
        model = MLPRegressor(hidden_layer_sizes=(16, 8), max_iter=50, random_state=0).fit(rows, rows[:, 0])
        made: bytes = to_onnx(model, rows[:1]).SerializeToString()
        return made

    return {
        "MLPClassifier": classifier,
        "MLPClassifier, zipmap=False": lambda: classifier(zipmap=False),
        "MLPRegressor": regressor,
    }


def _own() -> Makers:
    from netc.compiler import SOURCE_KEY, compile_inference, load, sealed_model, source_note

    def compiled(path: str, said: bool = True) -> bytes:
        net, proto = load(str(EXAMPLES / path)), onnx.ModelProto()
        proto.ParseFromString(compile_inference(net).model)
        note = source_note(net) if said else None
        if note is not None:  # as `netc compile` writes it
            proto.metadata_props.add(key=SOURCE_KEY, value=note)
        else:
            del proto.metadata_props[:]
            for node in proto.graph.node:
                del node.metadata_props[:]
        return sealed_model(proto.SerializeToString())

    return {
        "lecture/cnn": lambda: compiled("lecture/cnn.net"),
        "zoo ResNet-50": lambda: compiled("zoo/resnet.net"),
        "zoo ResNet-50, metadata taken away": lambda: compiled("zoo/resnet.net", said=False),
    }
