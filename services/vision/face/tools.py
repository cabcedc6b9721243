"""What a worker opens once to look at faces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.vision.face.descriptor import Descriptor
from services.vision.face.find import FaceFinder
from services.vision.face.prepared import prepare
from services.vision.together import Network


@dataclass(frozen=True)
class FaceTools:
    """Detector with landmarks, and the descriptor network. For one thread."""

    finder: FaceFinder
    descriptor: Descriptor


def open_tools(folder: Path, open_network: Callable[[Path], Network]) -> FaceTools:
    """The tools, cached below `folder`. Raises `BadWeightFile` when the weights are not ours."""
    return FaceTools(FaceFinder(folder), Descriptor(open_network(prepare(folder))))
