"""Asking to work here and being let in by an administrator: 003.12, 003.13, security.md 18."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.identity.domain.signon import (
    NEWCOMER_LIFE,
    REQUEST_LIFE,
    Newcomer,
    Person,
    RealName,
    SignOn,
    StaffRequest,
    digest,
)
from services.identity.handlers import codes, joining, signon, staff, sweeps
from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Client, Opened
from services.identity.handlers.signon import Answer, Door
from services.identity.store import NEWCOMER_SEALED, REQUEST_SEALED, SIGN_ON_SEALED
from shared.errors import DomainError
from shared.store import Query
from shared.store.repository import Repository
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, phones, solved
from tests.services.identity.test_staff import administrator

ADMIN = Actor("staff", "admin-1", roles=("admin",))
FORM = RealName("赵老师", "passport", "E12345678", "10", "13900001111")
CLIENT = Client("192.0.2.7")


class Known:
    """A provider that knows who comes; what one verifies of an answer is tested with the real protocol."""

    def __init__(self) -> None:
        self.who = Person("https://sso.example", "s-1", "赵老师")

    async def address(self, state: str, nonce: str, verifier: str) -> str:
        del nonce, verifier
        return state

    async def person(self, code: str, issuer: str, nonce: str, verifier: str, now: object) -> Person:
        del code, issuer, nonce, verifier, now
        return self.who


@pytest.fixture
def door(deps: Deps) -> Door:
    store = deps.accounts.store
    return Door(
        deps=deps,
        provider=Known(),
        sign_ons=Repository(store, "sign_ons", SignOn, vault=deps.vault, sealed=SIGN_ON_SEALED),
        newcomers=Repository(store, "newcomers", Newcomer, vault=deps.vault, sealed=NEWCOMER_SEALED),
        requests=Repository(store, "staff_requests", StaffRequest, vault=deps.vault, sealed=REQUEST_SEALED),
    )


async def signed_on(door: Door, subject: str = "s-1") -> signon.Admitted:
    assert isinstance(door.provider, Known)
    door.provider.who = Person("https://sso.example", subject, "赵老师")
    state, binding = await signon.begin("/staff/queue", door=door, now=NOW)
    return await signon.finish(Answer("code", state, "", binding), CLIENT, door=door, now=NOW)


async def code_for(door: Door, ticket: str, phone: str) -> str:
    """The digits that come to the phone."""
    at = NOW + timedelta(minutes=2 * len(phones(door.deps).brought))
    await joining.send_join_code(ticket, phone, await solved(door.deps), "192.0.2.7", door=door, now=at)
    for code in (await door.deps.codes.find(Query())).items:
        await codes.hand_over(code.id, deps=door.deps, clock=lambda: at)
    return next(digits for to, digits in reversed(phones(door.deps).brought) if to == phone)


async def asked(door: Door, form: RealName = FORM, subject: str = "s-1") -> StaffRequest:
    ticket = (await signed_on(door, subject)).ticket
    return await joining.ask(ticket, form, await code_for(door, ticket, form.phone), CLIENT.source, door=door, now=NOW)


async def refusal(awaitable: object) -> str:
    with pytest.raises(DomainError) as caught:
        await awaitable  # type: ignore[misc]
    return caught.value.errors[0].code if caught.value.code == "request.invalid" else caught.value.code


async def test_an_administrator_gives_roles_and_scope_and_the_person_comes_in(door: Door) -> None:
    request = await asked(door)
    assert (await signed_on(door)).waiting
    assert [each.id for each in (await joining.waiting(None, door=door)).items] == [request.id]
    document = await door.requests.store.get("staff_requests", request.id)
    assert document and '"network\\":\\"192.0.2.0/24' in document["outbox"][0], "the log has from where"
    await joining.approve(request.id, ["school"], {"schools": ["140106002"]}, ADMIN, door=door, now=NOW)
    admitted = await signed_on(door)
    assert admitted.next == "/staff/queue"
    assert isinstance(admitted.opened, Opened)
    session = admitted.opened.session
    assert (session.subject, session.roles, session.scope) == (request.id, ["school"], {"schools": ["140106002"]})
    assert (await joining.waiting(None, door=door)).items == []


async def test_nothing_personal_of_a_request_is_stored_in_clear(door: Door) -> None:
    await asked(door)
    text = str((await door.requests.store.find("staff_requests", Query())).documents)
    for value in (FORM.name, FORM.document_number, FORM.phone):
        assert value not in text


async def test_nobody_gives_themselves_a_role(door: Door) -> None:
    request = await asked(door)
    own = Actor("staff", request.id, roles=("admin",))
    for actor, code in ((own, "staff.own_request"),):
        again = joining.approve(request.id, ["admin"], {}, actor, door=door, now=NOW)
        assert await refusal(again) == code
    await joining.approve(request.id, ["admin"], {}, ADMIN, door=door, now=NOW)
    deps = door.deps
    assert await refusal(staff.set_roles(request.id, ["finance"], {}, own, deps=deps, now=NOW)) == "staff.own_account"


@pytest.mark.parametrize(
    ("roles", "code"),
    [([], "staff.roles_missing"), (["king"], "staff.role_unknown"), (["reviewer", "point"], "staff.scope_missing")],
)
async def test_roles_are_known_and_a_places_role_has_a_place(door: Door, roles: list[str], code: str) -> None:
    request = await asked(door)
    assert await refusal(joining.approve(request.id, roles, {}, ADMIN, door=door, now=NOW)) == code
    assert (await signed_on(door)).waiting


async def test_a_request_is_decided_once(door: Door) -> None:
    request = await asked(door)
    await joining.approve(request.id, ["finance"], {}, ADMIN, door=door, now=NOW)
    assert await refusal(joining.refuse(request.id, "x", ADMIN, door=door, now=NOW)) == "staff.request_decided"
    again = joining.approve(request.id, ["admin"], {}, ADMIN, door=door, now=NOW)
    assert await refusal(again) == "staff.request_decided"
    assert (await door.deps.accounts.get(request.id)).roles == ["finance"]


async def test_a_decided_request_is_forgotten_after_its_life_and_a_waiting_one_is_not(door: Door) -> None:
    later = NOW + REQUEST_LIFE + timedelta(seconds=1)
    request = await asked(door)
    await sweeps.forget_expired(deps=door.deps, clock=lambda: later)
    await joining.refuse(request.id, "不认识", ADMIN, door=door, now=NOW)
    await sweeps.forget_expired(deps=door.deps, clock=lambda: later - timedelta(seconds=2))
    assert (await door.requests.get(request.id)).state == "refused"
    await sweeps.forget_expired(deps=door.deps, clock=lambda: later)
    assert await door.requests.store.count("staff_requests", {}) == 0


async def test_two_who_approve_at_once_leave_one_account(door: Door) -> None:
    request = await asked(door)

    async def late() -> None:
        # Between the look at the request and its change another administrator has approved it.
        add = door.deps.accounts.add

        async def added(*arguments: Any) -> None:
            door.deps.accounts.add = add  # type: ignore[method-assign]
            await joining.approve(request.id, ["finance"], {}, ADMIN, door=door, now=NOW)
            await add(*arguments)

        door.deps.accounts.add = added  # type: ignore[method-assign,assignment]
        await joining.approve(request.id, ["admin"], {}, ADMIN, door=door, now=NOW)

    assert await refusal(late()) == "staff.request_decided"
    assert (await door.deps.accounts.get(request.id)).roles == ["finance"]


async def test_who_was_turned_down_may_ask_again(door: Door) -> None:
    request = await asked(door)
    await joining.refuse(request.id, "不认识", ADMIN, door=door, now=NOW)
    admitted = await signed_on(door)
    assert admitted.ticket
    assert (await asked(door)).id != request.id


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"document_number": "F99999999"}, "staff.phone_taken"),
        ({"phone": "13900002222"}, "staff.document_taken"),
    ],
)
async def test_a_taken_phone_or_document_is_told_after_the_phone_is_proved(
    door: Door, change: dict[str, Any], code: str
) -> None:
    await asked(door)
    ticket = (await signed_on(door, "s-2")).ticket
    form = replace(FORM, **change)
    assert await refusal(joining.ask(ticket, form, "000000", CLIENT.source, door=door, now=NOW)) == "code.expired"
    digits = await code_for(door, ticket, form.phone)
    assert await refusal(joining.ask(ticket, form, digits, CLIENT.source, door=door, now=NOW)) == code
    assert (await asked(door, replace(FORM, phone="13900003333", document_number="G1234567"), "s-2")).state == "pending"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"document_kind": "resident_id", "document_number": "110101200803070041"}, "id_number.checksum"),
        ({"document_number": "!!"}, "staff.document_wrong"),
        ({"name": " "}, "name.empty"),
        ({"phone": "12"}, "phone.invalid"),
    ],
)
async def test_the_form_is_checked_field_by_field(door: Door, change: dict[str, Any], code: str) -> None:
    ticket = (await signed_on(door)).ticket
    found = await refusal(joining.ask(ticket, replace(FORM, **change), "0", CLIENT.source, door=door, now=NOW))
    assert found.partition(".")[0] == code.partition(".")[0]


async def test_a_ticket_ends_and_the_code_must_be_of_the_phone_in_the_form(door: Door) -> None:
    ticket = (await signed_on(door)).ticket
    late = joining.newcomer_of(ticket, door=door, now=NOW + NEWCOMER_LIFE)
    assert await refusal(late) == "signon.expired"
    digits = await code_for(door, ticket, "13900004444")
    assert await refusal(joining.ask(ticket, FORM, digits, CLIENT.source, door=door, now=NOW)) == "staff.phone_differs"
    assert (await door.newcomers.get(digest(ticket))).name == "赵老师"


async def test_a_locked_member_of_staff_stays_out_and_other_roles_end_sessions(door: Door) -> None:
    request = await asked(door)
    await joining.approve(request.id, ["finance"], {}, ADMIN, door=door, now=NOW)
    await signed_on(door)
    actor = await administrator(door.deps)
    await staff.set_roles(request.id, ["auditor"], {}, actor, deps=door.deps, now=NOW)
    assert await door.deps.sessions.store.count("sessions", {"subject": request.id}) == 0
    async with door.deps.accounts.edit(request.id) as work:
        work.state.lock = "admin"
    assert await refusal(signed_on(door)) == "login.locked_by_admin"
