"""G3 and G4: the face descriptor, and a pair of pictures from JPEG bytes to a decision, against face_recognition.

`python -m bench.face [FOLDER]` prints the rows; FOLDER holds more photographs (*.jpg) to compare distances on.
The pictures are those that arrive with scikit-image: one portrait, and a hundred faces of 25 pixels enlarged.
"""

from __future__ import annotations

import asyncio
import io
import sys
import warnings
from collections.abc import Callable
from datetime import date
from functools import cache, partial
from itertools import combinations
from pathlib import Path
from tempfile import gettempdir

import cv2
import dlib
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from bench.rounds import Comparison, Side, Work, compare
from bench.table import HEADER, Row, row
from services.vision.face import prepared
from services.vision.face.compare import compare as compare_faces
from services.vision.face.find import Image
from services.vision.face.load import load
from services.vision.face.tools import FaceTools, open_tools
from services.vision.models import session
from shared.programme.thresholds import FaceBands
from tests.support.portraits import portrait, sample, stranger

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import face_recognition

TOLERANCE = 0.6
"""face_recognition's own default; ours decides at the same distance here so that the decisions can be compared."""
BANDS = FaceBands(match=TOLERANCE, review=TOLERANCE)
ADULT, TODAY = date(1980, 1, 1), date(2026, 1, 1)
_TUNED_SIDE = 640


def rows() -> list[Row]:
    """G3 and G4, each against the peer's default and its best setting."""
    cv2.setNumThreads(1)
    return [*_descriptor_rows(), *_pair_rows()]


def _descriptor_rows() -> list[Row]:
    chips = _chips()
    encoder = dlib.face_recognition_model_v1(str(prepared.shipped(prepared.SOURCE, prepared.SOURCE_SHA256)))
    theirs = np.array([encoder.compute_face_descriptor(chip) for chip in chips])
    difference = np.abs(_apart(_tools().descriptor.describe(chips)) - _apart(theirs)).max()
    accuracy = f"{len(chips)} faces, largest difference of a distance {difference:.1e}"
    one, batch = chips[0], list(chips)
    single = _measured(
        lambda: [_tools().descriptor.describe(one[None]) for _ in range(8)],
        lambda: [encoder.compute_face_descriptor(one) for _ in range(8)],
    )
    together = _measured(lambda: _tools().descriptor.describe(chips), lambda: encoder.compute_face_descriptor(batch))
    return [
        row("G3", "8 descriptors", "dlib-bin, one by one", 10, single, accuracy),
        row("G3", f"{len(chips)} descriptors", "dlib-bin, one batch", 10, together, accuracy),
    ]


def _pair_rows() -> list[Row]:
    files = [_jpeg(stranger(number), 440) for number in range(20)] + [file for pair in _pairs(440) for file in pair]
    found = []
    for peer, theirs in (("face_recognition default", default_encoding), ("its best setting", tuned_encoding)):
        accuracy = _agreement(files, theirs)
        for title, width in (("card portrait 320 px", 320), ("portrait 600 px", 600), ("photo 1200 px", 1200)):
            pairs = _pairs(width)
            measured = _measured(partial(_every, pairs, ours), partial(_every, pairs, partial(_apart_by, theirs)))
            found.append(row("G4", f"{len(pairs)} pairs, {title} wide", peer, 8, measured, accuracy))
    return found


def _measured(ours: Work, peer: Work) -> Comparison:
    return asyncio.run(compare(Side("ours", ours), Side("peer", peer)))


Encode = Callable[[bytes], npt.NDArray[np.float64] | None]
Distance = Callable[[bytes, bytes], float | None]
Pair = tuple[bytes, bytes]


def ours(one: bytes, other: bytes) -> float | None:
    """Bytes to decision as the service does it; the distance, None without a face."""
    return compare_faces(_tools(), load(one).image, load(other).image, BANDS, ADULT, TODAY).distance


def default_encoding(file: bytes) -> npt.NDArray[np.float64] | None:
    """face_recognition as its documentation shows it."""
    encodings = face_recognition.face_encodings(face_recognition.load_image_file(io.BytesIO(file)))
    return encodings[0] if encodings else None


def tuned_encoding(file: bytes) -> npt.NDArray[np.float64] | None:
    """The same without upsampling, on a JPEG decoded at a reduced scale: the fastest it gets without other code."""
    picture = Pillow.open(io.BytesIO(file))
    picture.draft("RGB", (_TUNED_SIDE, _TUNED_SIDE))
    image = np.asarray(picture.convert("RGB"))
    encodings = face_recognition.face_encodings(image, face_recognition.face_locations(image, 0))
    return encodings[0] if encodings else None


def _apart_by(encode: Encode, one: bytes, other: bytes) -> float | None:
    first, second = encode(one), encode(other)
    return None if first is None or second is None else float(np.linalg.norm(first - second))


def _every(pairs: list[Pair], distance: Distance) -> list[float | None]:
    return [distance(one, other) for one, other in pairs]


def _agreement(files: list[bytes], encode: Encode) -> str:
    """Decisions of both on every pair of the files, and how far their distances lie apart."""
    pairs = list(combinations(files, 2))
    both = list(zip(_every(pairs, ours), _every(pairs, partial(_apart_by, cache(encode))), strict=True))
    found = [(one, other) for one, other in both if one is not None and other is not None]
    changed = [other for one, other in found if _alike(one) != _alike(other)]
    missed = sum((one is None) != (other is None) for one, other in both)
    margin = max((abs(distance - TOLERANCE) for distance in changed), default=0.0)
    apart = max(abs(one - other) for one, other in found)
    return (
        f"{len(both)} pairs: same decision on {len(both) - missed - len(changed)}, {len(changed)} others within "
        f"{margin:.3f} of the threshold, {missed} where one saw no face; distances within {apart:.3f}"
    )


def _alike(distance: float | None) -> bool | None:
    return None if distance is None else distance <= TOLERANCE


def _pairs(width: int) -> list[Pair]:
    """One pair of one person and one of strangers."""
    person, again = _jpeg(portrait(), width), _jpeg(sample("astronaut")[:400, 60:360], width)
    return [(person, again), (again, _jpeg(stranger(5), width))]


def _jpeg(image: Image, width: int, quality: int = 90) -> bytes:
    out, height = io.BytesIO(), round(image.shape[0] * width / image.shape[1])
    Pillow.fromarray(image).resize((width, height), Pillow.Resampling.LANCZOS).save(out, "JPEG", quality=quality)
    return out.getvalue()


@cache
def _tools() -> FaceTools:
    return open_tools(Path(gettempdir()) / "baokao-bench", session)


def _chips() -> Image:
    faces = [(image, _tools().finder.find(image)) for image in (portrait(), *map(stranger, (1, 2, 3, 5, 6, 7, 8)))]
    return np.stack([_tools().finder.chip(image, found[0]) for image, found in faces])


def _apart(descriptors: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return np.asarray(np.linalg.norm(descriptors[:, None] - descriptors[None], axis=2))


def agreement(files: dict[str, bytes]) -> list[str]:
    """Every pair of the files: our distance, face_recognition's, and whether the decisions are the same."""
    lines = []
    for one, other in combinations(sorted(files), 2):
        mine, theirs = ours(files[one], files[other]), _apart_by(default_encoding, files[one], files[other])
        same = _alike(mine) == _alike(theirs)
        lines.append(f"{one} {other}: ours {mine}, face_recognition {theirs}, {'same' if same else 'OTHER'} decision")
    return lines


def main() -> None:
    """Print the rows; then the distances on the photographs of a folder, when one is given."""
    print(HEADER)
    for line in rows():
        print(line)
    for folder in map(Path, sys.argv[1:]):
        print(*agreement({path.name: path.read_bytes() for path in folder.glob("*.jpg")}), sep="\n")


if __name__ == "__main__":
    main()
