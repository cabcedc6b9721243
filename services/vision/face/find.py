"""Where the faces are, and each one turned upright and cut out for the descriptor.

dlib's HOG detector (5 poses, faces of 80 pixels and more) sees a grey picture that is scaled so that a portrait's face
is just large enough; a larger scale is tried only when nothing sure was found. It knows upright faces, so that what it
is not sure of is looked at with the picture turned a little, too. Eye corners and nose come from dlib's 5-point
predictor; the 68-point file is not used, its licence excludes commercial use.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import dlib
import numpy as np
import numpy.typing as npt

from services.vision.domain import Region
from services.vision.face.prepared import kept, shipped
from services.vision.face.weights import CHIP
from services.vision.stages import stage

Image = npt.NDArray[np.uint8]
"""H x W x 3, RGB, eight bits."""
Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the picture; may reach over its edges."""

LANDMARKS = "shape_predictor_5_face_landmarks.dat"
LANDMARKS_SHA256 = "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888"
LONG_SIDES = (256, 480, 900, 1600)
"""Lengths of the longer side at which the detector looks, in turn; the last upsamples what a decoder made small."""
SURE = 0.5
"""A detector score from which nothing more is asked. Upright faces score 1 to 2, chance findings up to 0.5, and so does
a face that is tilted by 12 degrees."""
TURNS = (12.0, -12.0)
"""Degrees, counter-clockwise."""
_MAX_ENLARGEMENT = 2.0
_WINDOW = 80
_FLAT = 2.0
_PADDING = 0.25
Finding = tuple[float, dlib.rectangle, float]
"""Score, place on the picture when it is turned about its middle, and by how many degrees it is."""
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Face:
    """One face. `points` (5, 2): the outer and inner corner of the eye on the picture's right, of the eye on its
    left, and the base of the nose, in pixels. `score` is the detector's; `box` from the eyebrows to the chin.
    """

    box: Box
    points: npt.NDArray[np.float64]
    score: float

    @property
    def eyes(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Centre of the eye on the picture's left, then of the one on its right."""
        return self.points[2:4].mean(axis=0), self.points[0:2].mean(axis=0)


class FaceFinder:
    """The detector and the landmark predictor of one worker, the former from its file below `folder`. Not to be shared
    between threads."""

    def __init__(self, folder: Path) -> None:
        self._detector = dlib.fhog_object_detector(str(_detector_file(folder)))
        self._predictor = dlib.shape_predictor(str(shipped(LANDMARKS, LANDMARKS_SHA256)))

    @stage("face_detect")
    def find(self, image: Image, first: int = LONG_SIDES[0]) -> tuple[Face, ...]:
        """The faces, the largest first; empty when there is none. Starts with the longer side at `first` pixels.

        Several are given only when the detector is sure of each; otherwise the likeliest one.
        """
        image = np.ascontiguousarray(image)
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
        if cv2.meanStdDev(grey)[1].item() < _FLAT:
            return ()
        likeliest: list[Finding] = []
        for found in self._looks(grey, first):
            sure = [self._face(image, finding) for finding in found if finding[0] >= SURE]
            if sure:
                return tuple(sorted(sure, key=lambda face: -face.box[2]))
            likeliest += found
        if not likeliest:
            return ()
        return (self._face(image, max(likeliest, key=lambda finding: finding[0])),)

    def chip(self, image: Image, face: Face) -> Image:
        """The face upright and centred, (150, 150, 3) RGB, as dlib's descriptor was trained on."""
        corners = dlib.points([dlib.point(round(x), round(y)) for x, y in face.points])
        shape = dlib.full_object_detection(_rectangle(face.box), corners)
        upright = dlib.get_face_chip(np.ascontiguousarray(image), shape, size=CHIP, padding=_PADDING)
        return np.asarray(upright, np.uint8)

    def _looks(self, grey: npt.NDArray[np.uint8], first: int) -> Iterator[list[Finding]]:
        """What is seen at growing scales, upright and, where something is, turned."""
        for scale in _scales(grey.shape, first):
            kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            scaled = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=kind), np.uint8)
            found = self._detect(scaled, scale, 0.0)
            yield found
            if found:
                yield from (self._detect(_turned(scaled, degrees), scale, degrees) for degrees in TURNS)

    def _detect(self, scaled: npt.NDArray[np.uint8], scale: float, degrees: float) -> list[Finding]:
        boxes, scores, _ = self._detector.run(scaled, 0, 0.0)
        return [(score, _enlarged(box, 1 / scale), degrees) for score, box in zip(scores, boxes, strict=True)]

    def _face(self, image: Image, finding: Finding) -> Face:
        score, box, degrees = finding
        shape = self._predictor(_turned(image, degrees) if degrees else image, box)
        points = np.array([(point.x, point.y) for point in (*shape.parts(), box.center())], np.float64)
        if degrees:
            points = cv2.transform(points[None], _turning(image.shape, -degrees))[0]
        middle = points[-1] - ((box.width() - 1) / 2, (box.height() - 1) / 2)
        return Face((round(middle[0]), round(middle[1]), box.width(), box.height()), points[:-1], score)


def region(box: Box, image: Image) -> Region:
    """The part of the picture that a box covers."""
    height, width = image.shape[:2]
    left, top = max(box[0], 0) / width, max(box[1], 0) / height
    right, bottom = min(box[0] + box[2], width) / width, min(box[1] + box[3], height) / height
    return round(left, 4), round(top, 4), round(max(right - left, 0.0), 4), round(max(bottom - top, 0.0), 4)


def _detector_file(folder: Path) -> Path:
    """dlib's frontal detector as a file: to unpack the one in the library takes 0.6 s, to open this 2 ms, and every
    worker needs it."""

    def write(part: Path) -> None:
        dlib.get_frontal_face_detector().save(str(part))

    return kept(folder / f"face-detector-{dlib.__version__}.svm", write)


def _scales(shape: tuple[int, ...], first: int) -> Iterator[float]:
    """Scales to look at, growing; none beyond twice the picture, none at which no face fits in."""
    longest, shortest = max(shape), min(shape)
    for side in LONG_SIDES:
        scale = min(side / longest, _MAX_ENLARGEMENT)
        if side >= first and shortest * scale >= _WINDOW:
            yield scale
        if scale == _MAX_ENLARGEMENT:
            return


def _turned(image: Image, degrees: float) -> Image:
    """Turned about its middle; what the edge leaves empty is filled with it."""
    size = (image.shape[1], image.shape[0])
    turned = cv2.warpAffine(image, _turning(image.shape, degrees), size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def _turning(shape: tuple[int, ...], degrees: float) -> Matrix:
    return np.asarray(cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), degrees, 1.0), np.float64)


def _enlarged(box: dlib.rectangle, factor: float) -> dlib.rectangle:
    edges = (box.left(), box.top(), box.right(), box.bottom())
    return dlib.rectangle(*(round(edge * factor) for edge in edges))


def _rectangle(box: Box) -> dlib.rectangle:
    x, y, width, height = box
    return dlib.rectangle(x, y, x + width - 1, y + height - 1)
