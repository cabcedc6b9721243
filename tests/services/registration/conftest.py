"""The registration service as main.py puts it together, with places to choose from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from services.registration import main
from services.registration.domain.application import Application
from services.registration.handlers.deps import Deps
from services.registration.reference.domain import Region, School
from services.registration.reference.lookups import Reference
from services.registration.store import APPLICATIONS, SEALED
from shared.bus.local import LocalBus
from shared.privacy import load_vault, make_secrets
from shared.programme.loader import load_programmes
from shared.settings import Platform
from shared.store.repository import Repository
from shared.tokens import load_tokens
from tests.services.registration.support import Running

REGIONS = (Region("1401", "太原市", ""), Region("140105", "小店区", "1401"), Region("140106", "迎泽区", "1401"))
SCHOOLS = (
    School("14010501", "文华中学", "140105", "ordinary_high"),
    School("14010502", "职业技术学校", "140105", "vocational"),
    School("14010601", "迎泽中学", "140106", "ordinary_high"),
)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """The service on a port of its own; its relay does not run, so that what it would tell stays to be looked at."""
    make_secrets(tmp_path / "secrets")
    platform = Platform(data=tmp_path)
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(LocalBus.open(":memory:"))
        service = await stack.enter_async_context(main.service(platform, bus))
        assert service.store is not None
        vault = load_vault(platform.secrets_dir)
        deps = Deps(
            applications=Repository(service.store, APPLICATIONS, Application, vault=vault, sealed=SEALED),
            reference=Reference(service.store, vault),
            vault=vault,
            programmes=load_programmes(platform.programmes),
        )
        for region in REGIONS:
            await deps.reference.regions.add(region.id, region)
        for school in SCHOOLS:
            await deps.reference.schools.add(school.id, school)
        server = await stack.enter_async_context(TestServer(service.app))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Running(
            server, http, load_tokens(platform.secrets_dir), deps, {c.queue.name: c for c in service.consumers}
        )
