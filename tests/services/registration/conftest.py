"""The registration service as main.py puts it together, with places to choose from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.settings import Platform
from tests.services.registration.support import Running, running_service


@pytest.fixture
async def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """The service on the embedded store. It remembers nobody: tests import and look within one moment."""
    monkeypatch.setenv("BAOKAO_REGISTRATION__PERSON_S", "0")
    async with running_service(Platform(data=tmp_path)) as service:
        yield service
