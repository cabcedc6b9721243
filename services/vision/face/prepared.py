"""The face files: found in the installed wheels and verified; what is slow to open is converted once a folder."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from services.vision.face.weights import BadWeightFile, read_network

VERSION = "1"
"""Raise it when convert.py writes another network: the cache is keyed by it."""
SOURCE = "dlib_face_recognition_resnet_model_v1.dat"
SOURCE_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"


def prepare(folder: Path) -> Path:
    """The ONNX file below `folder`, written there unless it is there already. Raises `BadWeightFile`."""
    content = shipped(SOURCE, SOURCE_SHA256).read_bytes()

    def write(part: Path) -> None:
        # Needed once in a folder's life; loaded with the rest it would cost every worker 11 MiB.
        from services.vision.face.convert import convert

        part.write_bytes(convert(read_network(content)))

    return kept(folder / f"face-descriptor-{SOURCE_SHA256[:16]}-{VERSION}.onnx", write)


def kept(target: Path, write: Callable[[Path], object]) -> Path:
    """A file that is written whole if it is not there yet; of several writers at once any may be the last."""
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        # Not the process id in its name: two containers that share the folder may have the same one.
        with TemporaryDirectory(dir=target.parent) as folder:
            part = Path(folder) / target.name
            write(part)
            part.replace(target)
    return target


def shipped(name: str, digest: str) -> Path:
    """A file of the `face_recognition_models` wheel, found without importing it. Raises `BadWeightFile`."""
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise BadWeightFile("face_recognition_models is not installed: its wheel carries the face weights")
    path = Path(spec.origin).parent / "models" / name
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise BadWeightFile(f"{name} is missing or is not the file we know (SHA-256 {digest[:12]}…)")
    return path
