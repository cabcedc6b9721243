"""Face resets: a fresh photo against the verified portrait, answered once, and never more than is known."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from services.vision import resets
from services.vision.check import CheckSettings
from services.vision.face.find import Image
from services.vision.handlers import Answered
from services.vision.pool import Pool
from services.vision.selfie import FaceAnswer, look_at_face
from services.vision.store import INDEXES
from shared.errors import AlreadyHandled
from shared.events.identity import FaceCheckRequested
from shared.files import Files, open_files
from shared.programme.loader import load_programmes
from shared.programme.model import Programme
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from tests.e2e.people import another_face
from tests.support.portraits import portrait, sample, transformed

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


def jpeg(image: Image) -> bytes:
    """The bytes of an RGB picture."""
    return bytes(cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1])


def selfie() -> bytes:
    """The astronaut as no office would take her: a coloured room behind, not in the middle."""
    return jpeg(transformed(sample("astronaut")[0:360, 60:420], 1.5, 2))


@pytest.fixture
def settings(models_folder: Path) -> CheckSettings:
    return CheckSettings(models=models_folder)


def test_the_person_of_the_portrait_is_known_again_before_any_background(settings: CheckSettings) -> None:
    answer = look_at_face(jpeg(portrait()), selfie(), False, settings)
    assert (answer.decision, answer.reasons) == ("match", ("vision.face.alike",))
    assert answer.distance is not None
    assert answer.distance <= 0.45


@pytest.mark.parametrize(("minor", "decision"), [(False, "mismatch"), (True, "review")])
def test_somebody_else_does_not_pass_and_a_minor_is_never_refused_by_a_machine(
    minor: bool, decision: str, settings: CheckSettings
) -> None:
    answer = look_at_face(another_face(), selfie(), minor, settings)
    assert answer.decision == decision


def test_nobody_to_compare_with_is_never_a_match_though_the_photo_is_like_itself(settings: CheckSettings) -> None:
    assert look_at_face(None, selfie(), False, settings).decision == "mismatch"
    assert look_at_face(None, selfie(), True, settings).decision == "review"
    assert look_at_face(None, selfie(), False, settings).distance is None


def test_a_portrait_that_is_kept_damaged_is_not_the_fault_of_the_photo(settings: CheckSettings) -> None:
    answer, without = (look_at_face(known, selfie(), False, settings) for known in (b"damaged", None))
    assert (answer.decision, answer.reasons) == (without.decision, without.reasons)
    assert answer.decision == "mismatch"


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        (b"", "vision.picture.empty"),
        (b"no picture", "vision.picture.not_jpeg_or_png"),
        (jpeg(np.full((480, 480, 3), 200, np.uint8)), "vision.portrait.no_face"),
        (jpeg(np.asarray(cv2.GaussianBlur(portrait(), (0, 0), 5), np.uint8)), "vision.portrait.blurred"),
        (jpeg(np.hstack([portrait(), portrait()])), "vision.portrait.several_faces"),
    ],
    ids=["empty", "text", "wall", "blurred", "two"],
)
def test_a_photo_that_cannot_be_compared_says_why_and_nothing_of_the_person(
    photo: bytes, reason: str, settings: CheckSettings
) -> None:
    for known in (jpeg(portrait()), None):
        answer = look_at_face(known, photo, False, settings)
        assert answer.decision == "unusable"
        assert reason in answer.reasons


async def test_a_worker_does_it(settings: CheckSettings, models_folder: Path) -> None:
    async with Pool(1, models_folder) as pool:
        assert (await pool.compare(jpeg(portrait()), selfie(), False, settings)).decision == "match"
    async with Pool(1, models_folder, seconds=0.001) as hurried:
        assert (await hurried.compare(None, selfie(), False, settings)).reasons == ("vision.picture.crashed",)


class Desk:
    """The handler bound to a store, and what was compared."""

    def __init__(self, answered: Repository[Answered], files: Files) -> None:
        self.answered = answered
        self.files = files
        self.compared: list[tuple[bytes | None, bytes, bool]] = []
        self.answer = partial(
            resets.answer_face_check,
            answered=answered,
            files=files,
            compare=self._compare,
            programmes=load_programmes(Path("shared/programmes")),
            clock=lambda: NOW,
        )

    async def _compare(self, known: bytes | None, photo: bytes, minor: bool, _programme: Programme) -> FaceAnswer:
        self.compared.append((known, photo, minor))
        return FaceAnswer("match", 0.3, ("vision.face.alike",))

    async def told(self) -> dict[str, Any]:
        """The event that waits in the outbox."""
        document = await self.answered.store.get("answered", "check-1")
        assert document is not None
        body: dict[str, Any] = json.loads(json.loads(document["outbox"][0])["body"])
        return body


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with SqliteStore.open(":memory:", INDEXES) as store:
        yield Desk(Repository(store, "answered", Answered), open_files("memory:", Path()))


def asked(portrait_key: str | None, photo_key: str) -> FaceCheckRequested:
    """A request of identity."""
    return FaceCheckRequested(
        subject="check-1",
        occurred_at=NOW,
        ticket_id="t1",
        programme="qualification-2024",
        portrait_key=portrait_key,
        photo_key=photo_key,
        minor=True,
        deadline=NOW + timedelta(minutes=1),
    )


async def test_a_check_is_answered_once_with_its_ticket(desk: Desk) -> None:
    event = asked(await desk.files.put(b"portrait"), await desk.files.put(b"photo"))
    await desk.answer(event)
    with pytest.raises(AlreadyHandled):
        await desk.answer(event)
    told = await desk.told()
    assert desk.compared == [(b"portrait", b"photo", True)]
    assert (told["ticket_id"], told["decision"], told["distance"]) == ("t1", "match", 0.3)


async def test_pictures_that_are_gone_are_no_error(desk: Desk) -> None:
    await desk.answer(asked("0" * 64, "1" * 64))
    assert desk.compared == [(None, b"", True)]
