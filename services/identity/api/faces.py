"""Operations of the face reset: the screen with the QR code watches, the phone in WeChat acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.identity.api.common import SERVICE, Endpoint, Operation, SessionOpened, Short, told
from services.identity.domain.reset_tickets import ResetTicket
from services.identity.handlers import face_answers, faces
from services.identity.handlers.faces import Desk
from shared.clock import utc_now
from shared.http import Call, Route

Key = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
UploadId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class Offer(BaseModel):
    """Whether there is an app at WeChat; programmes say besides whether they want the way."""

    offered: bool


class NewReset(BaseModel):
    programme: Short


class Watcher(BaseModel):
    secret: Short


class FromWechat(BaseModel):
    code: Annotated[str, StringConstraints(max_length=512)]
    state: Short


class Named(BaseModel):
    """`consent`: to what the page says is done with the photo; without it nothing is."""

    login: Short
    consent: bool
    guardian: bool = False


class Taken(BaseModel):
    upload_id: UploadId
    object_key: Key


class NewPassword(BaseModel):
    password: Short
    bind: bool = False


class ResetIssued(BaseModel):
    id: str
    secret: str


class WatchView(BaseModel):
    """waiting, opened, checking, refused, passed, done or expired; `seconds` until it ends. While it waits, `url` is
    what the code says and `scan_url` a page of the simulator (demo only)."""

    state: str
    seconds: int
    programme: str
    url: str
    scan_url: str


class Address(BaseModel):
    url: str


class ResetView(BaseModel):
    """`step`: opened (number), named (photo), checking, verified (second factor), proved (password), done, expired.
    `reasons` say why the last photo did not do. `second`: sms, point (no phone to send a code to), or nothing yet;
    `bindable`: this WeChat is not the account's second factor yet."""

    step: str
    seconds: int
    programme: str
    reasons: list[str]
    second: str
    bindable: bool


def routes(desk: Desk) -> list[Route]:
    """Every operation of the face reset."""
    bound, phone = binder(desk), ("anonymous",)
    one = "/face-resets/{id}"
    return [
        Route("GET", "/face-resets", bound(offer), SERVICE, returns=Offer),
        Route("POST", "/face-resets", bound(issue), SERVICE, body=NewReset, returns=ResetIssued, status=201),
        Route("POST", f"{one}/watch", bound(watch), SERVICE, body=Watcher, returns=WatchView),
        Route("POST", f"{one}/begin", bound(begin), SERVICE, returns=SessionOpened, status=201),
        Route("POST", f"{one}/authorise", bound(authorise), phone, returns=Address),
        Route("POST", f"{one}/open", bound(open_ticket), phone, body=FromWechat, returns=ResetView),
        Route("GET", one, bound(look), phone, returns=ResetView),
        Route("POST", f"{one}/name", bound(name), phone, body=Named, returns=ResetView),
        Route("POST", f"{one}/photo", bound(photo), phone, body=Taken, returns=ResetView),
        Route("POST", f"{one}/password", bound(finish), phone, body=NewPassword, returns=ResetView),
    ]


async def offer(_call: Call, *, desk: Desk) -> Offer:
    """Whether passwords can be reset by face here"""
    return Offer(offered=desk.wechat is not None)


async def issue(call: Call, *, desk: Desk) -> ResetIssued:
    """Begin a face reset: a code for a screen"""
    ticket, secret = await faces.issue(call.body(NewReset).programme, desk=desk, now=utc_now())
    return ResetIssued(id=ticket.id, secret=secret)


async def watch(call: Call, *, desk: Desk) -> WatchView:
    """How far it is, for the screen that shows the code"""
    ticket, now = await faces.watch(call.path["id"], call.body(Watcher).secret, desk=desk), utc_now()
    state = ticket.shown(now)
    return WatchView(
        state=state,
        seconds=_left(ticket, now),
        programme=ticket.programme,
        url=desk.url_of(ticket.id) if state == "waiting" else "",
        scan_url=desk.scan_url_of(ticket.id) if state == "waiting" else "",
    )


async def begin(call: Call, *, desk: Desk) -> SessionOpened:
    """A session for a phone that has scanned the code and has none"""
    return told(await faces.begin(call.path["id"], desk=desk, now=utc_now()))


async def authorise(call: Call, *, desk: Desk) -> Address:
    """Where the phone goes to learn who holds it"""
    return Address(url=await faces.authorise(call.path["id"], call.actor.session, desk=desk, now=utc_now()))


async def open_ticket(call: Call, *, desk: Desk) -> ResetView:
    """The phone comes back from WeChat and has the ticket"""
    came, now = call.body(FromWechat), utc_now()
    ticket = await faces.open_ticket(call.path["id"], call.actor.session, came.code, came.state, desk=desk, now=now)
    return await view(ticket, now, desk=desk)


async def look(call: Call, *, desk: Desk) -> ResetView:
    """How far it is, for the phone"""
    return await view(await faces.look(call.path["id"], call.actor.session, desk=desk), utc_now(), desk=desk)


async def name(call: Call, *, desk: Desk) -> ResetView:
    """Say whose password it is, and agree to the comparison"""
    given, now = call.body(Named), utc_now()
    ticket = await faces.name(
        call.path["id"], call.actor.session, given.login, given.consent, given.guardian, desk=desk, now=now
    )
    return await view(ticket, now, desk=desk)


async def photo(call: Call, *, desk: Desk) -> ResetView:
    """Have a photo compared with the verified portrait"""
    taken, now = call.body(Taken), utc_now()
    ticket = await faces.submit_photo(
        call.path["id"], call.actor.session, taken.upload_id, taken.object_key, desk=desk, now=now
    )
    return await view(ticket, now, desk=desk)


async def finish(call: Call, *, desk: Desk) -> ResetView:
    """Set the new password"""
    new, now = call.body(NewPassword), utc_now()
    ticket = await face_answers.finish(call.path["id"], call.actor, new.password, new.bind, desk=desk, now=now)
    return await view(ticket, now, desk=desk)


async def view(ticket: ResetTicket, now: datetime, *, desk: Desk) -> ResetView:
    """What the phone is shown."""
    shown = ticket.shown(now)
    step = shown if shown in ("done", "expired") else ticket.state
    account = await face_answers.account_behind(ticket, desk=desk) if step in ("verified", "proved") else None
    second = ("sms" if account and account.phone else "point") if step == "verified" else ""
    return ResetView(
        step=step,
        seconds=_left(ticket, now),
        programme=ticket.programme,
        reasons=ticket.reasons,
        second=second,
        bindable=account is not None and account.wechat != ticket.openid,
    )


def _left(ticket: ResetTicket, now: datetime) -> int:
    return max(0, int((ticket.ends_at - now).total_seconds()))


def binder(desk: Desk) -> Callable[[Operation], Endpoint]:
    """Gives operations what they work with."""

    def bound(function: Operation) -> Endpoint:
        return partial(function, desk=desk)

    return bound
