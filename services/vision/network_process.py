"""The process that holds the networks for all workers: `python -m services.vision.network_process` (see together.py).

On a GPU the weights are halved to FP16; inputs, outputs and the recogniser's last softmax stay FP32. The recogniser
gives its 16 likeliest classes a step instead of 18,710: what a decoder asks for, and a thousandth of the bytes.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from functools import partial
from multiprocessing.connection import Connection, Listener
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

from services.vision import models
from services.vision.batches import Batcher
from services.vision.face import prepared
from services.vision.face.weights import CHIP
from services.vision.together import DESCRIBE, DETECT, RECOGNISE, Tensor, receive, send

LIKELIEST = 16
CUDA = "CUDAExecutionProvider"


def batchers(folder: Path, most: int, wait_s: float) -> Mapping[str, Batcher]:
    """Every network, open. Detection is a fallback and its pictures have many shapes: it is not gathered."""
    models.prepare(folder)
    recognition = with_likeliest(onnx.load(folder / models.RECOGNITION / "inference.onnx"))
    detection = onnx.load(folder / models.DETECTION / "inference.onnx")
    descriptor = onnx.load(prepared.prepare(folder))
    opened = [best_session(model) for model in (recognition, detection, descriptor)]
    return {
        RECOGNISE: Batcher(partial(_recognise, opened[0], len(models.alphabet(folder))), most, wait_s),
        DETECT: Batcher(partial(_run, opened[1], "x"), 1, 0),
        DESCRIBE: Batcher(partial(_run, opened[2], "chips"), most, wait_s),
    }


def with_likeliest(model: onnx.ModelProto) -> onnx.ModelProto:
    """The recogniser with its `LIKELIEST` classes of each step as outputs: `values` and `classes`."""
    graph, (chances,) = model.graph, model.graph.output
    graph.initializer.append(numpy_helper.from_array(np.array([LIKELIEST], np.int64), "likeliest"))
    graph.node.append(helper.make_node("TopK", [chances.name, "likeliest"], ["values", "wide"], axis=-1))
    graph.node.append(helper.make_node("Cast", ["wide"], ["classes"], to=TensorProto.INT32))
    del graph.output[:]
    for name, kind in (("values", TensorProto.FLOAT), ("classes", TensorProto.INT32)):
        graph.output.append(helper.make_tensor_value_info(name, kind, ["n", "t", LIKELIEST]))
    return model


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with FP16 weights; inputs and outputs stay as they are."""
    from onnxruntime.transformers import float16

    kept = [*float16.DEFAULT_OP_BLOCK_LIST, "Softmax"]
    made: onnx.ModelProto = float16.convert_float_to_float16(deepcopy(model), keep_io_types=True, op_block_list=kept)
    return made


def best_session(model: onnx.ModelProto) -> ort.InferenceSession:
    """Halved on the GPU where onnxruntime-gpu and a device are there, else whole on the processor."""
    if CUDA in ort.get_available_providers():
        # NVIDIA's libraries come as packages (requirements/gpu.in), which the loader would not find by itself.
        ort.preload_dlls()
        # The quick choice of algorithms is made once for each form, and forms are few.
        session = open_session(halved(model), [(CUDA, {"cudnn_conv_algo_search": "HEURISTIC"})])
        if CUDA in session.get_providers():
            return session
    return open_session(model)


def open_session(model: onnx.ModelProto, providers: Sequence[tuple[str, dict[str, str]]] = ()) -> ort.InferenceSession:
    """The network on the first of the providers that is there, at last on the processor."""
    options = models.options()
    options.enable_cpu_mem_arena = True
    return ort.InferenceSession(model.SerializeToString(), options, providers=[*providers, "CPUExecutionProvider"])


def _recognise(session: ort.InferenceSession, count: int, rows: Tensor) -> list[Tensor]:
    values, classes = session.run(["values", "classes"], {"x": rows})
    return [values, classes, np.full(len(rows), count, np.int32)]


def _run(session: ort.InferenceSession, name: str, rows: Tensor) -> list[Tensor]:
    return [np.asarray(output) for output in session.run(None, {name: rows})]


def answer(connection: Connection, networks: Mapping[str, Batcher]) -> None:
    """One worker's requests until it goes; whatever goes wrong ends the connection, and the worker notices."""
    with connection, suppress(EOFError):
        while True:
            (rows,), name = receive(connection)
            outputs, size = networks[name].submit(rows).result()
            send(connection, outputs, str(size))


def warm(networks: Mapping[str, Batcher]) -> None:
    """Run each once: a network's first run is its slowest, on a GPU by seconds."""
    strip, square = np.zeros((1, 3, 48, 96), np.float32), np.zeros((1, 3, 64, 64), np.float32)
    chip = np.zeros((1, CHIP, CHIP, 3), np.uint8)
    for name, rows in ((RECOGNISE, strip), (DETECT, square), (DESCRIBE, chip)):
        networks[name].submit(rows).result()


def main(address: str, folder: str, most: str, wait_s: str) -> None:
    """Open the networks and run each, say so on standard output, and answer until standard input closes."""
    networks = batchers(Path(folder), int(most), float(wait_s))
    warm(networks)
    with Listener(address, "AF_UNIX") as listener:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        threading.Thread(target=_end_with_parent, daemon=True).start()
        while True:
            threading.Thread(target=answer, args=(listener.accept(), networks), daemon=True).start()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
