"""From dlib's published weight file to ONNX: the same network and numbers, in a form ONNX Runtime is fast with.

Input `chips` is uint8 (N, 150, 150, 3) RGB, output `descriptors` float32 (N, 128). Where a block halves the plane,
dlib adds the pooled input padded with zero channels, and pads the smaller of the two planes with zero rows and
columns. Padding with channels is written as a convolution with the identity: it keeps the blocked layout.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from services.vision.face.weights import CHIP, DESCRIPTOR, Block, Convolution, Floats, Network


def convert(network: Network) -> bytes:
    """The ONNX model of this network, serialised."""
    graph = _Graph()
    value = graph.node("Transpose", graph.node("Cast", "chips", to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
    value = graph.relu(graph.convolve(value, network.stem))
    value = graph.node("MaxPool", value, kernel_shape=[3, 3], strides=[2, 2])
    size = _halved(_halved(CHIP, network.stem.filters.shape[2]), 3)
    for block in network.blocks:
        value, size = _residual(graph, value, size, block)
    value = graph.node("Flatten", graph.node("GlobalAveragePool", value))
    graph.node("MatMul", value, graph.constant(network.dense))
    return graph.serialised()


def _residual(graph: _Graph, value: str, size: int, block: Block) -> tuple[str, int]:
    """One block on a plane of `size`; gives the newest value and the size of its plane."""
    shortcut, new_size = value, size
    if block.first.stride == 2:
        shortcut, new_size = graph.shortcut(value, block.first), size // 2
    value = graph.convolve(graph.relu(graph.convolve(value, block.first)), block.second)
    if block.first.stride == 2:
        value = graph.pad(value, new_size - _halved(size, 3))
    return graph.relu(graph.node("Add", value, shortcut)), new_size


def _halved(size: int, kernel: int) -> int:
    return (size - kernel) // 2 + 1


@dataclass
class _Graph:
    """The network while it grows; every method adds nodes and gives the name of its output."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """One operator."""
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, values: np.ndarray[Any, Any]) -> str:
        """One constant tensor."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def relu(self, value: str) -> str:
        """max(x, 0)."""
        return self.node("Relu", value)

    def convolve(self, value: str, layer: Convolution) -> str:
        """One convolution with bias."""
        filters, biases = self.constant(layer.filters), self.constant(layer.biases)
        pads, strides = [layer.padding] * 4, [layer.stride] * 2
        return self.node("Conv", value, filters, biases, pads=pads, strides=strides)

    def shortcut(self, value: str, beside: Convolution) -> str:
        """2x2 average pooling to as many channels as `beside` has, the new ones zero."""
        outputs, inputs = beside.filters.shape[:2]
        identity: Floats = np.eye(outputs, inputs, dtype=np.float32)[:, :, None, None]
        pooled = self.node("AveragePool", value, kernel_shape=[2, 2], strides=[2, 2])
        return pooled if outputs == inputs else self.node("Conv", pooled, self.constant(identity))

    def pad(self, value: str, count: int) -> str:
        """Zero rows below and zero columns on the right."""
        if not count:
            return value
        return self.node("Pad", value, self.constant(np.array([0] * 6 + [count] * 2, np.int64)))

    def serialised(self) -> bytes:
        """The finished, checked model; the newest value is its output."""
        self.nodes[-1].output[0] = "descriptors"
        chips = helper.make_tensor_value_info("chips", TensorProto.UINT8, ["n", CHIP, CHIP, 3])
        descriptors = helper.make_tensor_value_info("descriptors", TensorProto.FLOAT, ["n", DESCRIPTOR])
        graph = helper.make_graph(self.nodes, "face_descriptor", [chips], [descriptors], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())
