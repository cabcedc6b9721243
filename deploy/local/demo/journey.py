"""One candidate's way through the running platform, through the same interfaces as the pages use."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.pictures import photo
from deploy.local.demo.pupils import Pupil
from deploy.local.demo.seed import PROGRAMME
from shared.errors import DomainError, Kind, NotFound
from shared.http import ServiceClient
from shared.tokens import Actor

FOUR = ["history", "geography", "chemistry", "biology"]
REVIEWER = Actor("staff", "demo-reviewer", roles=("reviewer",))
CASHIER = Actor("staff", "demo-cashier", roles=("finance",))
PATIENCE_S = 180.0
POLL_S = 0.3

View = dict[str, Any]


@dataclass
class Journey:
    """The clients, the person, and the application as last seen."""

    registration: ServiceClient
    documents: ServiceClient
    payment: ServiceClient
    pupil: Pupil
    who: Actor
    view: View

    @property
    def _path(self) -> str:
        return f"/applications/{self.view['id']}"

    @property
    def _review(self) -> str:
        return f"/review/applications/{self.view['id']}"

    async def fill(self, card: bytes) -> None:
        """Both notices, the form, card and photo."""
        self.view = await self.registration.json("POST", "/applications", self.who, body={"programme": PROGRAMME})
        for notice in ("violations", "pledge"):
            self.view = await self.registration.json("POST", f"{self._path}/stages/{notice}/accept", self.who)
        fields = {"values": self.pupil.values}
        self.view = await self.registration.json("PATCH", f"{self._path}/fields", self.who, body=fields)
        await self._attach("portrait", photo())
        await self._attach("id_card", card)

    async def register(self) -> None:
        """Leave the form, choose the four subjects of a first registration."""
        await self._answered()
        key = f"demo-{self.view['id']}"
        self.view = await self.registration.json("POST", f"{self._path}/register", self.who, key=key)
        chosen = {"subjects": FOUR}
        self.view = await self.registration.json("PUT", f"{self._path}/subjects", self.who, body=chosen, key=key)

    async def pay(self) -> None:
        """In cash, at the desk."""
        query = {"application_id": self.view["id"]}
        order = await _until(lambda: self.payment.json("GET", "/orders", self.who, query=query), bool)
        cash = {"amount_fen": order["amount_fen"], "receipt": f"演示-{self.pupil.number}"}
        await self.payment.json("POST", f"/orders/{order['id']}/cash", CASHIER, body=cash)
        self.view = await _until(self._look, lambda view: view["payment"]["status"] == "paid")

    async def claim(self) -> None:
        """A reviewer takes the file."""
        self.view = await self.registration.json("POST", f"{self._review}/claim", REVIEWER)

    async def approve(self) -> None:
        """A reviewer settles what the machine left open, and approves."""
        await self.claim()
        if self.view["identity"]["status"] not in ("matched", "confirmed"):
            await self._decide("identity-confirm", remark="演示：人工核对")
        await self._decide("approve")

    async def send_back(self) -> None:
        """A reviewer wants another photo."""
        await self.claim()
        await self._decide("return", reason_code="portrait_unfit", remark="请换一张白底近照。")

    async def withdraw(self) -> None:
        """The candidate gives up."""
        self.view = await self.registration.json("POST", f"{self._path}/withdraw", self.who)

    async def _attach(self, kind: str, picture: bytes) -> None:
        _, upload = await self.documents.raw("POST", "/uploads", self.who, data=picture, params={"kind": kind})
        body = {"upload_id": upload["id"], **{key: upload[key] for key in ("object_key", "width", "height")}}
        self.view = await self.registration.json("PUT", f"{self._path}/attachments/{kind}", self.who, body=body)

    async def _answered(self) -> None:
        self.view = await _until(self._look, lambda view: view["identity"]["status"] != "requested")

    async def _look(self) -> View:
        view: View = await self.registration.json("GET", self._path, self.who)
        return view

    async def _decide(self, decision: str, **given: str) -> None:
        body = {"version": self.view["version"], **given}
        self.view = await self.registration.json("POST", f"{self._review}/{decision}", REVIEWER, body=body)


async def _until(look: Callable[[], Awaitable[View]], fits: Callable[[View], bool]) -> View:
    """What `look` finds once it `fits`; events take a moment. Raises `NotFound` after `PATIENCE_S`."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if fits(found := await look()):
                return found
        except DomainError as error:
            if error.kind is not Kind.NOT_FOUND:
                raise
        await asyncio.sleep(POLL_S)
    raise NotFound("answer")
