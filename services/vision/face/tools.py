"""What a worker opens once to look at faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnxruntime as ort

from services.vision.face.descriptor import Descriptor
from services.vision.face.find import FaceFinder
from services.vision.face.prepared import prepare


@dataclass(frozen=True)
class FaceTools:
    """Detector with landmarks, and the descriptor network. For one thread."""

    finder: FaceFinder
    descriptor: Descriptor


def open_tools(folder: Path, open_session: Callable[[Path], ort.InferenceSession]) -> FaceTools:
    """The tools, with the network cached below `folder`. Raises `BadWeightFile` when the weights are not ours."""
    return FaceTools(FaceFinder(), Descriptor(open_session(prepare(folder))))
