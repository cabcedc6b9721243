"""Pictures that arrive with packages, and what is done to them."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import skimage.data

from services.vision.face.find import Image

Floats = npt.NDArray[np.float32]


def sample(name: str) -> Image:
    """A sample of scikit-image as H x W x 3 RGB (or N x 25 x 25 grey faces for `lfw_subset`, 0–255)."""
    picture = np.asarray(getattr(skimage.data, name)())
    if name == "lfw_subset":
        return np.asarray(picture[:100] * 255, np.uint8)
    return np.asarray(picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2), np.uint8)


def stranger(number: int) -> Image:
    """One of scikit-image's hundred 25-pixel faces, enlarged and framed: another person than the astronaut."""
    face = cv2.resize(sample("lfw_subset")[number], (200, 200), interpolation=cv2.INTER_CUBIC)
    framed = cv2.copyMakeBorder(face, 120, 120, 120, 120, cv2.BORDER_REPLICATE)
    return np.repeat(np.asarray(framed, np.uint8)[..., None], 3, axis=2)


def transformed(image: Image, scale: float, degrees: float) -> Image:
    """Scaled, and turned about its centre; the corners are filled with the edge."""
    height, width = (round(side * scale) for side in image.shape[:2])
    matrix = cv2.getRotationMatrix2D((image.shape[1] / 2, image.shape[0] / 2), degrees, scale).astype(np.float64)
    matrix[:, 2] += np.array([width - image.shape[1], height - image.shape[0]]) / 2
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def portrait(background: tuple[int, int, int] = (245, 245, 245), size: tuple[int, int] = (390, 520)) -> Image:
    """A picture as offices want it, made of the astronaut: head and shoulders before one colour, 3 to 4."""
    image = sample("astronaut")
    alpha = _person()[..., None]
    composed = image * alpha + np.array(background) * (1 - alpha)
    left, top, width, height = 123, 0, 204, 272
    cropped = np.asarray(composed[top : top + height, left : left + width], np.uint8)
    return np.asarray(cv2.resize(cropped, size, interpolation=cv2.INTER_CUBIC), np.uint8)


@cache
def _person() -> Floats:
    """0 where the background is, 1 where the person is, soft at the edge; by colour, from a rough sketch."""
    image = sample("astronaut")
    sketch: npt.NDArray[np.uint8] = np.full(image.shape[:2], cv2.GC_PR_BGD, np.uint8)
    sketch[:12], sketch[:260, :110], sketch[:200, 330:] = cv2.GC_BGD, cv2.GC_BGD, cv2.GC_BGD
    cv2.ellipse(sketch, (222, 100), (75, 90), 0, 0, 360, (cv2.GC_PR_FGD,), -1)
    cv2.ellipse(sketch, (225, 125), (38, 55), 0, 0, 360, (cv2.GC_FGD,), -1)
    body = np.array([(135, 185), (160, 160), (260, 165), (300, 200), (330, 260), (330, 500), (50, 500), (60, 290)])
    cv2.fillPoly(sketch, [body], (cv2.GC_FGD,))
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    cv2.grabCut(image, sketch, (0, 0, 0, 0), *models, 5, cv2.GC_INIT_WITH_MASK)
    person = np.isin(sketch, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(person, (0, 0), 1), np.float32)
