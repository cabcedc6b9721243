"""Operations of signing on by a provider, and of the people who ask to work here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.identity.api.common import SERVICE, Agent, Endpoint, SessionOpened, Short, told
from services.identity.api.staff import ADMIN, PageQuery, Powers
from services.identity.domain.signon import DocumentKind, RealName, StaffRequest, Validity
from services.identity.handlers import joining, signon
from services.identity.handlers.captchas import Proof
from services.identity.handlers.sessions import Client
from services.identity.handlers.signon import Answer, Door
from shared.clock import utc_now
from shared.http import Call, Route
from shared.http.routes import Answer as HttpAnswer

Long = Annotated[str, StringConstraints(max_length=2000)]


class Begin(BaseModel):
    """`next`: where to return to, a path of ours that the gateway has checked."""

    next: Long = ""


class Begun(BaseModel):
    address: str
    binding: str


class Back(BaseModel):
    code: Long
    state: Short
    iss: Long = ""
    binding: Short
    source: Short = ""
    agent: Agent = ""


class Finished(BaseModel):
    """A session, or the ticket to the real-name form, or `waiting` for an administrator, or none: turned down."""

    next: str
    session: SessionOpened | None = None
    ticket: str = ""
    waiting: bool = False


class WithJoinTicket(BaseModel):
    ticket: Short


class NewcomerView(BaseModel):
    name: str


class JoinCode(WithJoinTicket):
    phone: Short
    captcha_id: Short = ""
    captcha_text: Short = ""
    source: Short = ""


class SentView(BaseModel):
    resend_s: int


class Join(WithJoinTicket):
    name: Short
    document_kind: DocumentKind
    document_number: Short
    validity: Validity
    phone: Short
    code: Short
    source: Short = ""


class RequestMade(BaseModel):
    id: str


class RequestView(BaseModel):
    """Who asks; the document and the phone covered but for their ends."""

    id: str
    name: str
    document_kind: str
    document_number: str
    validity: str
    phone: str
    asked_at: datetime


class Requests(BaseModel):
    items: list[RequestView]
    next_cursor: str | None


class Refusal(BaseModel):
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


def routes(door: Door) -> list[Route]:
    """Out and back, the real-name form, and the administrator's answer to it."""

    def bound(function: Callable[..., Awaitable[HttpAnswer]]) -> Endpoint:
        return partial(function, door=door)

    staff, one = ("staff",), "/staff/requests/{id}"
    return [
        Route("POST", "/staff/sign-on", bound(begin), SERVICE, body=Begin, returns=Begun, status=201),
        Route("POST", "/staff/sign-on/back", bound(back), SERVICE, body=Back, returns=Finished),
        Route("POST", "/staff/newcomer", bound(newcomer), SERVICE, body=WithJoinTicket, returns=NewcomerView),
        Route("POST", "/staff/requests/code", bound(send_code), SERVICE, body=JoinCode, returns=SentView),
        Route("POST", "/staff/requests", bound(ask), SERVICE, body=Join, returns=RequestMade, status=201),
        Route("GET", "/staff/requests", bound(waiting), staff, ADMIN, query=PageQuery, returns=Requests),
        Route("POST", one + "/approve", bound(approve), staff, ADMIN, body=Powers),
        Route("POST", one + "/refuse", bound(refuse), staff, ADMIN, body=Refusal),
    ]


async def begin(call: Call, *, door: Door) -> Begun:
    """Begin to sign on at the provider"""
    address, binding = await signon.begin(call.body(Begin).next, door=door, now=utc_now())
    return Begun(address=address, binding=binding)


async def back(call: Call, *, door: Door) -> Finished:
    """Take in what came back from the provider"""
    got = call.body(Back)
    answer, client = Answer(got.code, got.state, got.iss, got.binding), Client(got.source, got.agent)
    done = await signon.finish(answer, client, door=door, now=utc_now())
    session = told(done.opened) if done.opened else None
    return Finished(next=done.next, session=session, ticket=done.ticket, waiting=done.waiting)


async def newcomer(call: Call, *, door: Door) -> NewcomerView:
    """Who holds a ticket to the real-name form"""
    found = await joining.newcomer_of(call.body(WithJoinTicket).ticket, door=door, now=utc_now())
    return NewcomerView(name=found.name)


async def send_code(call: Call, *, door: Door) -> SentView:
    """Send the code for the phone of the real-name form"""
    asked = call.body(JoinCode)
    proof = Proof(asked.captcha_id, asked.captcha_text)
    sent = await joining.send_join_code(asked.ticket, asked.phone, proof, asked.source, door=door, now=utc_now())
    return SentView(resend_s=sent.resend_s)


async def ask(call: Call, *, door: Door) -> RequestMade:
    """Ask to work here"""
    given = call.body(Join)
    form = RealName(given.name, given.document_kind, given.document_number, given.validity, given.phone)
    request = await joining.ask(given.ticket, form, given.code, given.source, door=door, now=utc_now())
    return RequestMade(id=request.id)


async def waiting(call: Call, *, door: Door) -> Requests:
    """Who asks to work here, oldest first"""
    found = await joining.waiting(call.query(PageQuery).cursor or None, door=door)
    return Requests(items=[_request(each) for each in found.items], next_cursor=found.next_cursor)


async def approve(call: Call, *, door: Door) -> None:
    """Make the account, with roles and scope"""
    given = call.body(Powers)
    await joining.approve(call.path["id"], given.roles, dict(given.scope), call.actor, door=door, now=utc_now())


async def refuse(call: Call, *, door: Door) -> None:
    """Turn a request down"""
    await joining.refuse(call.path["id"], call.body(Refusal).reason, call.actor, door=door, now=utc_now())


def _request(request: StaffRequest) -> RequestView:
    return RequestView(
        id=request.id,
        name=request.name,
        document_kind=request.document_kind,
        document_number=_covered(request.document_number),
        validity=request.validity,
        phone=_covered(request.phone),
        asked_at=request.asked_at,
    )


def _covered(number: str) -> str:
    return number[:3] + "*" * (len(number) - 5) + number[-2:]
