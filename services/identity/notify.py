"""The notify service, as one-time codes need it, and the doorbell that takes them there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from shared.errors import DomainError
from shared.http import ServiceClient
from shared.privacy import Vault
from shared.tokens import Actor

IDENTITY = Actor("service", "identity")

# Seconds before a code is handed over, by chance: the work that only a known number makes must not fall together with
# the answer, or with a request sent right after it to feel for that work.
PAUSE_S = (0.3, 1.2)

log = structlog.get_logger(__name__)


class Notify:
    """Asks notify to send codes; the number travels sealed."""

    def __init__(self, client: ServiceClient, vault: Vault) -> None:
        self._client = client
        self._vault = vault

    async def send(self, message_id: str, phone: str, digits: str) -> None:
        """POST /codes."""
        sealed = self._vault.seal(phone, f"contact|phone|{message_id}")
        body = {"id": message_id, "subject": message_id, "sealed_contact": sealed, "code": digits}
        try:
            await self._client.json("POST", "/codes", IDENTITY, body=body)
        except DomainError as refusal:
            log.warning("code_not_sent", message=message_id, reason=refusal.code)
            raise


class Doorbell:
    """Starts handing codes over without anybody waiting for it; what fails or is cut off, the sweep takes up."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.answer: Callable[[str], Awaitable[None]] | None = None

    def ring(self, code_id: str) -> None:
        """A code waits."""
        task = asyncio.create_task(self._hand_over(code_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Give up what is under way: at the next start the sweep takes it up."""
        for task in self._tasks:
            task.cancel()

    async def _hand_over(self, code_id: str) -> None:
        if self.answer is None:
            return
        await asyncio.sleep(random.SystemRandom().uniform(*PAUSE_S))
        try:
            await self.answer(code_id)
        except Exception:
            log.exception("code_hand_over_failed")
