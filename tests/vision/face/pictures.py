"""Pictures that arrive with packages, and what is done to them."""

from __future__ import annotations

import cv2
import numpy as np
import skimage.data

from services.vision.face.find import Image


def sample(name: str) -> Image:
    """A sample of scikit-image as H x W x 3 RGB (or N x 25 x 25 grey faces for `lfw_subset`, 0–255)."""
    picture = np.asarray(getattr(skimage.data, name)())
    if name == "lfw_subset":
        return np.asarray(picture[:100] * 255, np.uint8)
    return np.asarray(picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2), np.uint8)


def transformed(image: Image, scale: float, degrees: float) -> Image:
    """Scaled, and turned about its centre; the corners are filled with the edge."""
    height, width = (round(side * scale) for side in image.shape[:2])
    matrix = cv2.getRotationMatrix2D((image.shape[1] / 2, image.shape[0] / 2), degrees, scale).astype(np.float64)
    matrix[:, 2] += np.array([width - image.shape[1], height - image.shape[0]]) / 2
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)
