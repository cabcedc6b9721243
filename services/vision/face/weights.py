"""Read dlib's weight file of the face descriptor without dlib.

The layout, found by reading the file: names such as `con_4` follow in network order from input to output, each
before its parameters. An integer is one length byte (bit 7 is the sign) and that many little-endian bytes; a tensor is
the integer 2 (its version), four dimensions and raw little-endian float32.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

MEAN_RGB = (122.782, 117.001, 104.298)
SCALE = 256.0
"""What dlib does to a pixel first: (RGB - mean) / 256, its `input_rgb_image_sized` layer."""

CHIP, DESCRIPTOR = 150, 128
"""Pixels of either side of what the network is given, and how many numbers it gives."""

_NAMES = re.compile(rb"\x01[\x04-\x07](con_4|affine_|fc_2)")
_TENSOR_VERSION = 2


class BadWeightFile(Exception):
    """These bytes are not the network we know how to read."""


@dataclass(frozen=True)
class Convolution:
    """`filters` (out, in, rows, columns) and `biases` (out,); `stride` and `padding` in pixels, both ways."""

    filters: Floats
    biases: Floats
    stride: int
    padding: int


@dataclass(frozen=True)
class Block:
    """Two convolutions around one ReLU, added to the block's input; halves the plane when `first.stride` is 2."""

    first: Convolution
    second: Convolution


@dataclass(frozen=True)
class Network:
    """The residual network: `stem`, 3x3 max pooling, `blocks`, global average, `dense` (in, out) without bias."""

    stem: Convolution
    blocks: tuple[Block, ...]
    dense: Floats


def read_network(content: bytes) -> Network:
    """The descriptor network of a weight file, input scaling and affine layers folded in. Raises `BadWeightFile`."""
    convolutions: list[Convolution] = []
    at = 0
    while (found := _NAMES.search(content, at)) is not None:
        reader = _Reader(content, found.end())
        match found.group(1):
            case b"con_4":
                convolutions.append(_convolution(reader, len(convolutions[-1].biases) if convolutions else 3))
            case b"affine_":
                convolutions[-1] = _with_affine(convolutions[-1], *np.split(reader.tensor(), 2))
            case _:
                return _network(convolutions, _dense(reader))
        at = reader.at
    raise BadWeightFile("the file does not end with the layer that gives the descriptor")


def _network(convolutions: list[Convolution], dense: Floats) -> Network:
    stem, *rest = convolutions
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return Network(_with_scaled_input(stem), tuple(Block(first, second) for first, second in pairs), dense)


def _convolution(reader: _Reader, channels: int) -> Convolution:
    flat = reader.tensor()
    count, rows, columns, stride, _, padding, _ = (reader.integer() for _ in range(7))
    if flat.size != count * (channels * rows * columns + 1):
        raise BadWeightFile(f"a convolution of {count} filters with {flat.size} numbers")
    return Convolution(flat[:-count].reshape(count, channels, rows, columns), flat[-count:], stride, padding)


def _dense(reader: _Reader) -> Floats:
    outputs, inputs = reader.integer(), reader.integer()
    return reader.tensor().reshape(inputs, outputs)


def _with_affine(layer: Convolution, gamma: Floats, beta: Floats) -> Convolution:
    filters = layer.filters * gamma[:, None, None, None]
    return Convolution(filters, layer.biases * gamma + beta, layer.stride, layer.padding)


def _with_scaled_input(layer: Convolution) -> Convolution:
    """Exact because the stem has no padding: every tap sees a pixel."""
    shift = layer.filters.sum(axis=(2, 3), dtype=np.float64) @ np.array(MEAN_RGB) / SCALE
    filters = (layer.filters / SCALE).astype(np.float32)
    return Convolution(filters, (layer.biases - shift).astype(np.float32), layer.stride, layer.padding)


class _Reader:
    """A place in the file that moves on with what is read."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self.at = at

    def integer(self) -> int:
        """One integer: a length byte, then little-endian bytes."""
        size = self._content[self.at] & 0x7F
        negative = bool(self._content[self.at] & 0x80)
        value = int.from_bytes(self._content[self.at + 1 : self.at + 1 + size], "little")
        self.at += 1 + size
        return -value if negative else value

    def tensor(self) -> Floats:
        """One tensor, flat."""
        if self.integer() != _TENSOR_VERSION:
            raise BadWeightFile("a tensor of an unknown version")
        count = 1
        for _ in range(4):
            count *= self.integer()
        if self.at + 4 * count > len(self._content):
            raise BadWeightFile("the file ends inside a tensor")
        numbers = np.frombuffer(self._content, "<f4", count, self.at)
        self.at += count * 4
        return numbers
