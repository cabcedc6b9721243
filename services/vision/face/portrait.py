"""Does a portrait keep the programme's photo rules (000.5): one verdict with a measured value for each rule.

Every threshold is data of the programme. A rule about the face is only judged when there is exactly one. Values are in
the units of the thresholds: shares of the picture's height (`face_size`, `eye_line` from the top) or width (`centred`),
the nose's shift in eye distances (`frontal`; 0.1 is roughly 10 degrees), degrees (`level`), the mean edge in percent of
the face's own contrast (`sharp`), L* 0-100 of the face (`exposed`), the share of the background within the tolerance,
a distance in CIELAB with lightness counted half because white walls lie in the shade (`background`).
"""

from __future__ import annotations

from collections.abc import Iterator

from services.vision.domain import Check, Region
from services.vision.face import measure
from services.vision.face.find import Face, FaceFinder, Image, region
from services.vision.stages import stage
from shared.programme.thresholds import PortraitRules

LOOK_AT = 480
"""The longer side at which faces are counted: small enough to be quick, large enough for somebody behind."""
_DIGITS = 3
Range = tuple[float, float]


@stage("portrait")
def check_portrait(
    image: Image, rules: PortraitRules, finder: FaceFinder, original: tuple[int, int] | None = None
) -> tuple[Check, ...]:
    """Judge a portrait, H x W x 3 uint8 RGB; `original` is the file's width and height when it was decoded smaller."""
    faces = finder.find(image, LOOK_AT)
    checks = [_one_face(faces, image), *_frame(original or (image.shape[1], image.shape[0]), rules)]
    if len(faces) == 1:
        checks += [*_place(faces[0], image, rules), *_pose(faces[0], image, rules), *_light(faces[0], image, rules)]
    return tuple(checks)


def _one_face(faces: tuple[Face, ...], image: Image) -> Check:
    code = "no_face" if not faces else "several_faces"
    second = region(faces[1].box, image) if len(faces) > 1 else None
    return _check("one_face", len(faces) == 1, len(faces), code, second)


def _frame(size: tuple[int, int], rules: PortraitRules) -> Iterator[Check]:
    width, height = size
    enough = width >= rules.width and height >= rules.height
    yield _check("resolution", enough, min(width / rules.width, height / rules.height), "too_few_pixels")
    yield _within("aspect", width / height, rules.aspect, ("too_narrow", "too_wide"))


def _place(face: Face, image: Image, rules: PortraitRules) -> Iterator[Check]:
    where, (height, width) = region(face.box, image), image.shape[:2]
    eyes = measure.between_eyes(face)
    yield _within("face_size", face.box[3] / height, rules.face_height, ("face_too_small", "face_too_large"), where)
    shift = abs(face.box[0] + face.box[2] / 2 - width / 2) / width
    yield _check("centred", shift <= rules.off_centre, shift, "not_centred", where)
    yield _within("eye_line", float(eyes[1]) / height, rules.eye_line, ("face_too_high", "face_too_low"), where)


def _pose(face: Face, image: Image, rules: PortraitRules) -> Iterator[Check]:
    where = region(face.box, image)
    turn, tilt = measure.turn(face), measure.tilt(face)
    yield _check("frontal", abs(turn) <= rules.turn, turn, "turned", where)
    yield _check("level", abs(tilt) <= rules.tilt, tilt, "tilted", where)


def _light(face: Face, image: Image, rules: PortraitRules) -> Iterator[Check]:
    where = region(face.box, image)
    sharpness = measure.sharpness(image, face)
    yield _check("sharp", sharpness >= rules.sharpness, sharpness, "blurred", where)
    brightness, glare = measure.brightness(image, face)
    exposed = _within("exposed", brightness, rules.brightness, ("too_dark", "too_bright"), where)
    yield exposed if glare <= rules.glare else _check("exposed", False, brightness, "too_bright", where)
    share, worst = measure.background(image, face, rules.background, rules.background_tolerance)
    code = "background_not_white" if rules.background == (255, 255, 255) else "background_wrong_colour"
    yield _check("background", share >= rules.background_share, share, code, worst)


def _within(rule: str, value: float, limits: Range, codes: tuple[str, str], where: Region | None = None) -> Check:
    low, high = limits
    return _check(rule, low <= value <= high, value, codes[value > high], where)


def _check(rule: str, ok: bool, value: float, code: str, where: Region | None = None) -> Check:
    return Check(rule, ok, round(float(value), _DIGITS), "" if ok else f"vision.portrait.{code}", where)
