"""What both simulated providers of short messages have in common: what they took, and how they behave just now."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from aiohttp import web

Behaviour = Literal["fine", "refuse", "throttle", "swallow", "lose", "fail"]
BEHAVIOURS: dict[Behaviour, str] = {
    "fine": "接受并送达 takes and delivers",
    "refuse": "拒绝 refuses",
    "throttle": "限流 refuses for the rate",
    "swallow": "接受但不回答 takes, and answers nothing",
    "lose": "不接受也不回答 takes nothing, and answers nothing",
    "fail": "接受但未送达 takes, and cannot deliver",
}
SILENCE_S = 30.0
ARRIVES_AFTER = timedelta(seconds=1)
MAX_AGE = timedelta(minutes=5)
SHOWN = 50


class Refusal(Exception):
    """The request is refused with this code of the provider."""


@dataclass
class Taken:
    """A message that the provider took. `our_id` is the customer's, `reference` the provider's."""

    at: datetime
    phone: str
    template: str
    params: list[str]
    our_id: str
    reference: str
    fails: bool = False


@dataclass
class Provider:
    """`requests` counts what was asked with a good signature, `strangers` what was not. `clock` times messages and may
    be set by tests, `wall` is what signatures are held against."""

    name: str
    behaviour: Behaviour = "fine"
    taken: list[Taken] = field(default_factory=list)
    requests: int = 0
    strangers: int = 0
    nonces: set[str] = field(default_factory=set)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)

    def app(self, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.Application:
        """An application that answers signed operations with `answer`."""
        app = web.Application()
        app.add_routes(
            [
                web.post("/", answer),
                web.get("/", self.page),
                web.post("/behaviour", self.behave),
                web.get("/messages", self.listed),
            ]
        )
        return app

    def state(self, taken: Taken) -> Literal["sent", "delivered", "failed"]:
        """As the carrier has reported by now."""
        if self.clock() - taken.at < ARRIVES_AFTER:
            return "sent"
        return "failed" if taken.fails else "delivered"

    def fresh(self, at: datetime) -> bool:
        """Whether a request was signed just now."""
        return abs(self.wall() - at) < MAX_AGE

    def count(self, good: bool, code: str) -> None:
        """Count a request by its signature. Raises `Refusal` with `code` for a bad one."""
        if not good:
            self.strangers += 1
            raise Refusal(code)
        self.requests += 1

    async def take(self, phone: str, template: str, params: list[str], our_id: str, busy: str, no: str) -> Taken:
        """Take a message as the behaviour says. Raises `Refusal` with `busy` or `no`, or answers nobody."""
        if self.behaviour in ("refuse", "throttle"):
            raise Refusal(no if self.behaviour == "refuse" else busy)
        taken = Taken(self.clock(), phone, template, params, our_id, f"{self.name}-{len(self.taken)}")
        taken.fails = self.behaviour == "fail"
        if self.behaviour != "lose":
            self.taken.append(taken)
        if self.behaviour in ("swallow", "lose"):
            await asyncio.sleep(SILENCE_S)
            raise web.HTTPGatewayTimeout
        return taken

    async def page(self, _request: web.Request) -> web.Response:
        """What was taken, and the choice of behaviour, for people."""
        chosen = "".join(
            f'<button name="behaviour" value="{key}"{" disabled" if key == self.behaviour else ""}>{text}</button> '
            for key, text in BEHAVIOURS.items()
        )
        rows = "".join(
            f"<tr><td>{each.at:%H:%M:%S}<td>{each.phone[:3]}****{each.phone[-4:]}<td>{each.template}"
            f"<td>{html.escape(' '.join(each.params))}<td>{self.state(each)}"
            for each in self.taken[: -SHOWN - 1 : -1]
        )
        text = (
            f'<!doctype html><meta charset="utf-8"><title>{self.name}</title><h1>{self.name} 演示 simulated</h1>'
            f'<form method="post" action="/behaviour">{chosen}</form>'
            f"<table><tr><th>at<th>to<th>template<th>values<th>state{rows}</table>"
        )
        return web.Response(text=text, content_type="text/html")

    async def behave(self, request: web.Request) -> web.Response:
        """Somebody chose how it behaves."""
        wanted = str((await request.post()).get("behaviour"))
        self.behaviour = next((each for each in BEHAVIOURS if each == wanted), self.behaviour)
        raise web.HTTPSeeOther("/")

    async def listed(self, _request: web.Request) -> web.Response:
        """Every message, for tests."""
        items = [{"phone": each.phone, "params": each.params, "our_id": each.our_id} for each in self.taken]
        return web.json_response({"items": items, "requests": self.requests, "strangers": self.strangers})
