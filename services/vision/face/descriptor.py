"""128 numbers for a face, alike when the faces are (dlib's descriptor on ONNX Runtime, same weights)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from services.vision.face.weights import CHIP
from services.vision.together import Network

Descriptors = npt.NDArray[np.float32]
"""(N, 128), about unit length; two of one adult are up to 0.6 apart (Euclid), of two adults usually more."""


class Descriptor:
    """The network: a session (`models.session(prepare(folder))`), or one that is shared."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def describe(self, chips: npt.NDArray[np.uint8]) -> Descriptors:
        """(N, 150, 150, 3) RGB chips from `FaceFinder.chip` to (N, 128). Raises `ValueError` for other shapes."""
        if chips.ndim != 4 or chips.shape[1:] != (CHIP, CHIP, 3) or chips.dtype != np.uint8:
            raise ValueError(f"chips must be uint8 (N, {CHIP}, {CHIP}, 3), not {chips.dtype} {chips.shape}")
        if not len(chips):
            return np.empty((0, 128), np.float32)
        return np.asarray(self._network.run(None, {"chips": chips})[0], np.float32)
