"""One picture over another; both hands that photograph cards do it with twelve megapixels."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def blended(above: Pixels, below: Pixels, alpha: Pixels) -> Pixels:
    """Pixels of `above` by their share of 255 (`alpha`, H x W), the rest of `below`. Only the rim needs arithmetic."""
    picture = np.asarray(cv2.copyTo(above, (alpha == 255).view(np.uint8), below.copy()), np.uint8)
    rim = (alpha > 0) & (alpha < 255)
    share = alpha[rim, None].astype(np.float32) / 255
    picture[rim] = (above[rim] * share + below[rim] * (1 - share)).astype(np.uint8)
    return picture
