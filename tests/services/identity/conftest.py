"""An identity service on an in-memory store, with the clock in the test's hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.identity.argon import Hasher
from services.identity.domain.account import Account
from services.identity.domain.attempts import Attempts
from services.identity.domain.captcha import Captcha
from services.identity.domain.session import Session
from services.identity.handlers import captchas
from services.identity.handlers.captchas import Proof
from services.identity.handlers.deps import Deps
from services.identity.store import ACCOUNT_SEALED, INDEXES, SESSION_SEALED
from shared.privacy import Vault
from shared.programme.loader import load_programmes
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
PROGRAMME = "qualification-2024"


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
            )


async def solved(deps: Deps, now: datetime = NOW) -> Proof:
    """A captcha with its right answer."""
    captcha_id, text = await captchas.new_captcha(deps=deps, now=now)
    return Proof(captcha_id, text)
