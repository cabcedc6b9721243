"""One set of networks for all workers of a machine, so that one batch holds crops of many jobs (network_process.py).

A worker sends what its network would be given over a Unix socket and gets the answer back. Nothing is pickled: a
worker has decoded strangers' pictures, so what it says is taken as numbers of a known form and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import prod
from multiprocessing.connection import Client, Connection
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from services.vision import stages

Tensor = npt.NDArray[Any]
RECOGNISE, DETECT, DESCRIBE = "recognise", "detect", "describe"
_DTYPES = frozenset({"float32", "int32", "uint8"})
_MOST_BYTES = 64 << 20


class Network(Protocol):
    """What is asked of a network, whether it is in this process (an ONNX Runtime session) or in another."""

    def run(self, names: None, feed: Mapping[str, Tensor]) -> Sequence[Tensor]:
        """The outputs for one input."""


class Shared:
    """A network of the process that listens at `address`. Raises `ConnectionError` when that has gone: the job is
    then tried again later, it says nothing of the picture.
    """

    def __init__(self, address: str, name: str) -> None:
        self._address, self._name = address, name
        self._connection: Connection | None = None

    def run(self, _names: None, feed: Mapping[str, Tensor]) -> Sequence[Tensor]:
        """As `Network.run`."""
        (tensor,) = feed.values()
        try:
            self._connection = self._connection or Client(self._address, "AF_UNIX")
            send(self._connection, [tensor], self._name)
            outputs, size = receive(self._connection)
        except (OSError, EOFError) as error:
            self._connection = None
            raise ConnectionError("the networks have gone") from error
        stages.batch(f"{self._name}_together", int(size))
        return [_dense(*outputs)] if self._name == RECOGNISE else outputs


def _dense(values: Tensor, classes: Tensor, count: Tensor) -> Tensor:
    """The chances of every class from the likeliest ones; the others share what is left, so that they add up to 1."""
    left = (1 - values.sum(axis=2, keepdims=True)) / int(count[0])
    chances = np.repeat(left, int(count[0]), axis=2)
    np.put_along_axis(chances, classes.astype(np.int64), values, axis=2)
    return np.asarray(chances)


def send(connection: Connection, tensors: Sequence[Tensor], note: str) -> None:
    """A header that says their forms, then their bytes."""
    forms = [(tensor.dtype.name, tensor.shape) for tensor in tensors]
    connection.send_bytes(json.dumps([note, forms]).encode())
    for tensor in tensors:
        connection.send_bytes(tensor.tobytes())


def receive(connection: Connection) -> tuple[list[Tensor], str]:
    """What `send` sent. Raises `OSError` for anything else, `EOFError` at the end."""
    note, forms = json.loads(connection.recv_bytes(1 << 12))
    tensors = []
    for dtype, shape in forms:
        # A network is given rows; a single number has none, and would end whoever gathers them.
        if dtype not in _DTYPES or not shape or prod(shape) * np.dtype(dtype).itemsize > _MOST_BYTES:
            raise OSError(f"an input of {dtype} {shape}")
        content = connection.recv_bytes(_MOST_BYTES)
        if len(content) != prod(shape) * np.dtype(dtype).itemsize:
            raise OSError("an input that is not as long as it says")
        tensors.append(np.frombuffer(content, dtype).reshape(shape))
    return tensors, str(note)
