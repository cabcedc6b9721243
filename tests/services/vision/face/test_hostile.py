"""No file, however hostile, makes the face path raise anything but a refusal, nor find a face that is not there."""

from __future__ import annotations

import pytest

from services.vision.domain import BadPicture
from services.vision.face.load import load
from services.vision.face.portrait import check_portrait
from services.vision.face.tools import FaceTools
from shared.programme.thresholds import PortraitRules
from tests.support.hostile import KINDS, hostile

SEEDS_EACH = 4


def outcome(tools: FaceTools, content: bytes) -> str:
    """The message of the refusal or of the first rule."""
    try:
        loaded = load(content)
    except BadPicture as refused:
        return refused.reason.value
    return check_portrait(loaded.image, PortraitRules(), tools.finder, loaded.original)[0].message


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=[kind for kind, _, _ in KINDS])
def test_a_hostile_file_is_refused_with_a_reason(tools: FaceTools, kind: int) -> None:
    for seed in range(kind, kind + SEEDS_EACH * len(KINDS), len(KINDS)):
        name, content = hostile(seed)
        assert outcome(tools, content).startswith(("vision.picture.", "vision.portrait.no_face")), name
