"""Answering identity checks: once per check, sealed, and never a refusal by the machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.vision import handlers
from services.vision.domain import CardReport, Check, FaceReport, Field, Finding, IdentityReport, PortraitReport
from services.vision.handlers import Answered, Pictures
from services.vision.store import INDEXES
from shared.errors import AlreadyHandled
from shared.events.registration import IdentityCheckRequested
from shared.files import open_files
from shared.privacy import Vault
from shared.programme.loader import load_programmes
from shared.programme.model import Programme
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
VAULT = Vault({"k1": b"a" * 32}, "k1", b"b" * 32)
QUAD = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
FIELDS = {"id_number": Field("110101200803070049", 0.99), "name": Field("王小明", 0.9)}
READ = CardReport(FIELDS, QUAD, None, (Finding("vision.card.field_doubtful", "name"),))
GOOD = PortraitReport((Check("background", True, 1.0, ""),))


def report(card: CardReport | None, portrait: PortraitReport | None = None, face: str = "") -> IdentityReport:
    """What the worker says."""
    compared = FaceReport(0.3, face, (f"vision.face.{face}",)) if face else None
    return IdentityReport(card, portrait, compared, "test")


class Desk:
    """The handler bound to a store, and how often somebody looked."""

    def __init__(self, answered: Repository[Answered], seen: IdentityReport) -> None:
        self.answered = answered
        self.files = open_files("memory:", Path())
        self.looked: list[Pictures] = []
        self._seen = seen
        self.answer = partial(
            handlers.answer_identity_check,
            answered=answered,
            files=self.files,
            inspect=self._inspect,
            vault=VAULT,
            programmes=load_programmes(Path("shared/programmes")),
            clock=lambda: NOW,
        )

    async def _inspect(self, pictures: Pictures, _programme: Programme) -> IdentityReport:
        self.looked.append(pictures)
        return self._seen

    async def told(self) -> dict[str, Any]:
        """The event that waits in the outbox."""
        document = await self.answered.store.get("answered", "check-1")
        assert document is not None
        (entry,) = document["outbox"]
        body: dict[str, Any] = json.loads(json.loads(entry)["body"])
        return body


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with SqliteStore.open(":memory:", INDEXES) as store:
        yield Desk(Repository(store, "answered", Answered), report(READ, GOOD, "match"))


def asked(card_key: str | None, portrait_key: str | None = None) -> IdentityCheckRequested:
    """A request of registration."""
    return IdentityCheckRequested(
        subject="check-1",
        occurred_at=NOW,
        application_id="a1",
        programme="qualification-2024",
        card_key=card_key,
        portrait_key=portrait_key,
        deadline=NOW + timedelta(minutes=1),
    )


async def test_an_answer_carries_the_fields_sealed_and_nothing_in_clear(desk: Desk) -> None:
    key = await desk.files.put(b"card")
    await desk.answer(asked(key, await desk.files.put(b"portrait")))
    told = await desk.told()
    assert (told["outcome"], told["face_decision"], told["distance"]) == ("matched", "match", 0.3)
    assert "王小明" not in str(told) and "110101200803070049" not in str(told)
    fields = json.loads(VAULT.open(told["sealed_fields"], "identity_check|fields|check-1"))
    assert {name: (field["text"], field["doubtful"]) for name, field in fields.items()} == {
        "id_number": ("110101200803070049", False),
        "name": ("王小明", True),
    }
    assert desk.looked == [Pictures(b"card", None, b"portrait")]


async def test_a_check_is_answered_once_however_often_it_is_asked(desk: Desk) -> None:
    key = await desk.files.put(b"card")
    await desk.answer(asked(key))
    with pytest.raises(AlreadyHandled):
        await desk.answer(asked(key))
    assert len(desk.looked) == 1


async def test_of_two_workers_that_look_at_once_one_answers(desk: Desk) -> None:
    check = asked(await desk.files.put(b"card"))
    ends = await asyncio.gather(desk.answer(check), desk.answer(check), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["AlreadyHandled", "NoneType"]
    assert len(desk.looked) == 2


async def test_a_picture_that_is_gone_is_looked_at_as_an_empty_one(desk: Desk) -> None:
    await desk.answer(asked("0" * 64))
    assert desk.looked == [Pictures(b"", None, None)]


async def test_marks_are_forgotten_only_when_published_and_old(desk: Desk) -> None:
    await desk.answer(asked(await desk.files.put(b"card")))
    later = NOW + timedelta(days=2)
    forget = partial(handlers.forget, answered=desk.answered, after=timedelta(days=1), clock=lambda: later)
    assert await forget() == 0
    document = await desk.answered.store.get("answered", "check-1")
    assert document is not None
    published = {**document, "outbox": [], "pending": False}
    assert await desk.answered.store.replace("answered", published, version=document["version"])
    assert await forget() == 1


async def test_all_old_marks_are_forgotten_at_once_however_many(desk: Desk) -> None:
    await desk.answer(asked(await desk.files.put(b"card")))
    document = await desk.answered.store.get("answered", "check-1")
    assert document is not None
    for number in range(2 * handlers.BATCH + 1):
        await desk.answered.store.insert(
            "answered", {**document, "_id": f"old-{number}", "outbox": [], "pending": False}
        )
    later = NOW + timedelta(days=2)
    forgotten = await handlers.forget(answered=desk.answered, after=timedelta(days=1), clock=lambda: later)
    assert forgotten == 2 * handlers.BATCH + 1
