"""An identity service on an in-memory store, with the clock in the test's hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.identity.argon import Hasher
from services.identity.domain.account import Account
from services.identity.domain.attempts import Attempts
from services.identity.domain.captcha import Captcha
from services.identity.domain.codes import Code, Count
from services.identity.domain.resets import Reset
from services.identity.domain.session import Session
from services.identity.handlers import captchas
from services.identity.handlers.captchas import Proof
from services.identity.handlers.deps import Deps, Limits
from services.identity.handlers.places import Known
from services.identity.store import ACCOUNT_SEALED, CODE_SEALED, INDEXES, RESET_SEALED, SESSION_SEALED
from shared.errors import DomainError
from shared.privacy import Vault
from shared.programme.loader import load_programmes
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
PROGRAMME = "qualification-2024"


class Phones:
    """A courier who remembers what he brought to whom; `closed` makes him refuse."""

    def __init__(self) -> None:
        self.brought: list[tuple[str, str]] = []
        self.seen: set[str] = set()
        self.closed: DomainError | None = None

    async def send(self, message_id: str, phone: str, digits: str) -> None:
        """Bring a code; the same message again is not brought twice."""
        if self.closed:
            raise self.closed
        if message_id not in self.seen:
            self.seen.add(message_id)
            self.brought.append((phone, digits))


class Anywhere:
    """An atlas of which a test says what is in it; nothing has been imported before."""

    def __init__(self) -> None:
        self.places = Known()

    async def known(self, schools: Sequence[str], regions: Sequence[str]) -> Known:
        """What the test has said."""
        del schools, regions
        return self.places


def phones(deps: Deps) -> Phones:
    """The courier of the tests."""
    assert isinstance(deps.courier, Phones)
    return deps.courier


@pytest.fixture
async def deps() -> AsyncIterator[Deps]:
    vault = Vault({"k1": b"a" * 32}, "k1", b"b" * 32)
    async with SqliteStore.open(":memory:", INDEXES) as store:
        with closing(Hasher()) as hasher:
            yield Deps(
                accounts=Repository(store, "accounts", Account, vault=vault, sealed=ACCOUNT_SEALED),
                sessions=Repository(store, "sessions", Session, vault=vault, sealed=SESSION_SEALED),
                captchas=Repository(store, "captchas", Captcha),
                attempts=Repository(store, "attempts", Attempts),
                hasher=hasher,
                vault=vault,
                programmes=load_programmes(Path("shared/programmes")),
                codes=Repository(store, "codes", Code, vault=vault, sealed=CODE_SEALED),
                counts=Repository(store, "counts", Count),
                resets=Repository(store, "resets", Reset, vault=vault, sealed=RESET_SEALED),
                courier=Phones(),
                limits=Limits(),
                ring=lambda _code_id: None,
                atlas=Anywhere(),
            )


async def solved(deps: Deps, now: datetime = NOW) -> Proof:
    """A captcha with its right answer."""
    captcha_id, text = await captchas.new_captcha(deps=deps, now=now)
    return Proof(captcha_id, text)
