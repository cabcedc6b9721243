"""`./baokao audit verify` looks at the database itself and ends as a command must."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.identity.cli import app
from services.identity.handlers import audit
from services.identity.handlers.audit import Chain
from services.identity.main import audit_chain
from services.identity.store import INDEXES
from shared.privacy import load_vault, make_secrets
from shared.runtime import open_store
from shared.settings import Platform
from tests.services.identity.conftest import NOW
from tests.services.identity.test_audit import acted, tampered

ENTRIES = 5


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    make_secrets(tmp_path / "secrets")
    monkeypatch.setenv("BAOKAO_DATA", str(tmp_path))
    monkeypatch.delenv("BAOKAO_MONGO_URL", raising=False)
    return Platform()


async def _written(platform: Platform, changed: int = 0) -> None:
    async with open_store(platform, "identity", INDEXES) as store:
        chain: Chain = audit_chain(store, load_vault(platform.secrets_dir))
        if changed:
            await tampered(chain, changed, action="nothing_to_see")
            return
        for number in range(1, ENTRIES + 1):
            await audit.append(acted(number), chain=chain)
        await audit.checkpoint(chain=chain, clock=lambda: NOW)


def verified(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["verify", *arguments])


def test_a_chain_that_fits_ends_well_and_says_what_to_keep(platform: Platform) -> None:
    asyncio.run(_written(platform))
    told = verified()
    head = re.search(r"0*5:[0-9a-f]{64}", told.output)
    assert told.exit_code == 0 and f"{ENTRIES} entries fit" in told.output and head
    assert verified("--from", "3").exit_code == 0
    assert verified("--expect", head[0]).exit_code == 0
    other = verified("--expect", f"{head[0][:12]}:{'0' * 64}")
    assert other.exit_code == 1 and "audit.not_as_signed" in other.output


def test_the_first_entry_that_does_not_fit_is_named(platform: Platform) -> None:
    asyncio.run(_written(platform))
    asyncio.run(_written(platform, changed=3))
    told = verified()
    assert told.exit_code == 1
    assert re.search(r"entry 0*3: audit\.changed \(2 entries", told.output)
