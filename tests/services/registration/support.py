"""What tests do with a running registration service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import aiohttp
from aiohttp.test_utils import BaseTestServer, TestServer

from services.registration import main
from services.registration.domain.application import Application
from services.registration.handlers.deps import Deps
from services.registration.reference.domain import Region, School
from services.registration.reference.lookups import Reference
from services.registration.store import APPLICATIONS, SEALED
from shared.bus import Message
from shared.bus.local import LocalBus
from shared.consumer import Consumer
from shared.events.base import Event, new_id
from shared.events.payment import OrderPaid
from shared.events.vision import IdentityCheckCompleted, Outcome
from shared.privacy import load_vault, make_secrets
from shared.programme.loader import load_programmes
from shared.settings import Platform
from shared.store.repository import Repository
from shared.tokens import Actor, Tokens, load_tokens
from tests.shared.programme.examples import number, pupil

PROGRAMME = "qualification-2024"
REVIEWER = Actor("staff", "staff-1", roles=("reviewer",))
OTHER_REVIEWER = Actor("staff", "staff-2", roles=("reviewer",))
ELSEWHERE = Actor("staff", "staff-3", roles=("school",), scope={"schools": ["14010601"]})
SAME_CITY = Actor("staff", "staff-4", roles=("city",), scope={"regions": ["1401"]})
FINANCE = Actor("staff", "staff-5", roles=("finance",))

Json = dict[str, Any]
FaceVerdict = Literal["match", "review", "mismatch"]


def candidate(name: str = "candidate-1") -> Actor:
    """A signed-in candidate."""
    return Actor("candidate", name, PROGRAMME)


REGIONS = (Region("1401", "太原市", ""), Region("140105", "小店区", "1401"), Region("140106", "迎泽区", "1401"))
SCHOOLS = (
    School("14010501", "文华中学", "140105", "ordinary_high"),
    School("14010502", "职业技术学校", "140105", "vocational"),
    School("14010601", "迎泽中学", "140106", "ordinary_high"),
)


@dataclass(frozen=True)
class Running:
    """The service, and ways to talk to it."""

    server: BaseTestServer
    http: aiohttp.ClientSession
    tokens: Tokens
    deps: Deps
    consumers: dict[str, Consumer]

    async def call(self, actor: Actor, method: str, path: str, body: Any = None) -> tuple[int, Json]:
        """One operation: its status and JSON."""
        headers = {"Authorization": f"Bearer {self.tokens.mint(actor, 'registration')}"}
        url = self.server.make_url(path)
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else {}

    async def ok(self, actor: Actor, method: str, path: str, body: Any = None) -> Json:
        """One operation that must succeed."""
        status, answer = await self.call(actor, method, path, body)
        assert status < 300, (status, answer)
        return answer

    async def refused(self, actor: Actor, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """One operation that must be refused: status and code."""
        status, answer = await self.call(actor, method, path, body)
        assert status >= 400, answer
        return status, answer["code"]

    async def tell(self, queue: str, event: Event) -> None:
        """An event of another service arrives."""
        message = Message(
            event.event_id,
            event.TYPE,
            event.source(),
            event.subject,
            event.occurred_at.isoformat(),
            event.model_dump_json().encode(),
        )
        await self.consumers[queue].handle(message)

    async def told(self, application_id: str) -> list[Json]:
        """The events that wait to be published, oldest first: type and body."""
        document = await self.deps.applications.store.get("applications", application_id)
        assert document is not None
        entries = [json.loads(entry) for entry in document["outbox"]]
        return [{"type": entry["type"], **json.loads(entry["body"])} for entry in entries]

    async def at_form(self, actor: Actor) -> str:
        """A draft at the form; its path."""
        begun = await self.ok(actor, "POST", "/applications", {"programme": PROGRAMME})
        path = f"/applications/{begun['id']}"
        for stage in ("violations", "pledge"):
            await self.ok(actor, "POST", f"{path}/stages/{stage}/accept")
        return path

    async def attach(self, actor: Actor, path: str, kind: str, content: str) -> Json:
        """A picture; `content` is one hexadecimal digit that tells pictures apart."""
        body = {"upload_id": new_id(), "object_key": content * 64}
        return await self.ok(actor, "PUT", f"{path}/attachments/{kind}", body)

    async def answered(
        self,
        path: str,
        outcome: Outcome = "matched",
        *,
        face: FaceVerdict | None = None,
        name: str = "王小明",
        order: int = 12,
        check_of: Application | None = None,
    ) -> None:
        """Vision answers the latest check with a card of this name and number."""
        application = check_of or await self.deps.applications.get(path.rpartition("/")[2])
        assert application.check
        check_id = application.check.id
        card = {"name": name, "gender": "女", "id_number": number(order)}
        read = {field: {"text": text, "confidence": 0.98, "box": None} for field, text in card.items()}
        event = IdentityCheckCompleted(
            subject=check_id,
            occurred_at=datetime.now(UTC),
            application_id=application.id,
            outcome=outcome,
            sealed_fields=self.deps.vault.seal(json.dumps(read), f"identity_check|fields|{check_id}"),
            distance=0.31,
            face_decision=face or ("match" if outcome == "matched" else "review"),
            model_version="test",
            seconds=1.0,
        )
        await self.tell("registration.identity", event)

    async def filled(self, actor: Actor, order: int = 12) -> str:
        """A complete form; its path."""
        path = await self.at_form(actor)
        await self.ok(actor, "PATCH", f"{path}/fields", {"values": pupil(id_number=number(order), gender="")})
        await self.attach(actor, path, "id_card", "a")
        await self.attach(actor, path, "portrait", "b")
        await self.answered(path, order=order)
        return path

    async def submitted(self, actor: Actor, order: int = 12) -> str:
        """A submitted application; its path."""
        path = await self.filled(actor, order)
        await self.ok(actor, "POST", f"{path}/register")
        four = {"subjects": ["history", "geography", "chemistry", "biology"]}
        await self.ok(actor, "PUT", f"{path}/subjects", four)
        return path

    async def paid(self, actor: Actor, path: str) -> None:
        """The payment service tells that the order is paid."""
        now = datetime.now(UTC)
        event = OrderPaid(
            subject="order-1",
            occurred_at=now,
            application_id=path.rpartition("/")[2],
            candidate_id=actor.id,
            programme=PROGRAMME,
            amount_fen=3000,
            channel="wechat",
            paid_at=now,
        )
        await self.tell("registration.payment", event)
        await self.tell("registration.payment", event)


@asynccontextmanager
async def running_service(platform: Platform) -> AsyncIterator[Running]:
    """The service on a port of its own; its relay does not run, so that what it would tell stays to be looked at."""
    make_secrets(platform.secrets_dir)
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
        consumers = {consumer.queue.name: consumer for consumer in service.consumers}
        yield Running(server, http, load_tokens(platform.secrets_dir), deps, consumers)
