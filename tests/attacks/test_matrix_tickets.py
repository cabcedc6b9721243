"""Two phones and one face ticket: at every step it exists for the session that opened it, and for nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deploy.local.demo.seed import PROGRAMME
from deploy.local.peers import LAUNCHER, peer
from services.identity.domain.reset_tickets import ResetTicket, State, Target
from shared.errors import DomainError
from shared.events.base import new_id
from shared.runtime import open_store
from shared.settings import Platform
from shared.store.repository import Repository
from shared.tokens import Actor
from tests.attacks.test_face import PORTRAIT, account
from tests.attacks.test_matrix_accounts import kept
from tests.services.gateway.by_sms import NEW, codes_to

# Every operation on a face ticket, as its own phone would send it.
STEPS = (
    ("GET", "", None),
    ("POST", "/name", {"login": "11010519491231002X", "consent": True}),
    ("POST", "/photo", {"upload_id": "0" * 32, "object_key": "b" * 64}),
    ("POST", "/code", {"source": "192.0.2.1"}),
    ("POST", "/prove", {"code": "123456"}),
    ("POST", "/password", {"password": NEW, "bind": True}),
)
STATES: tuple[State, ...] = ("opened", "named", "checking", "verified", "proved")


async def ticket(platform: Platform, state: State, target: str, session: str) -> str:
    """A face reset that has come so far on the phone with this session."""
    now = datetime.now(UTC)
    made = ResetTicket(new_id() + "-face", PROGRAMME, "", now, now + timedelta(minutes=10), state, session, "openid")
    made.target = Target(f"tries-{target}", target, PORTRAIT)
    async with open_store(platform, "identity", ()) as store:
        await Repository(store, "tickets", ResetTicket).add(made.id, made)
    return made.id


@pytest.mark.parametrize("state", STATES)
async def test_a_face_ticket_is_its_own_phones_at_every_step(platform: Platform, _filled: None, state: State) -> None:
    serial = 450 + STATES.index(state)
    await account(platform, serial)
    victim, session = f"face-{serial}", new_id()
    one = f"/face-resets/{await ticket(platform, state, victim, session)}"
    before = [await kept(platform, "tickets", one[13:]), await kept(platform, "accounts", victim)]
    own = Actor("anonymous", "phone", PROGRAMME, session=session)
    strangers = (
        (Actor("anonymous", "phone", PROGRAMME, session=new_id()), "ticket.not_found"),
        (Actor("anonymous", "phone", PROGRAMME), "ticket.not_found"),
        (Actor("candidate", victim, PROGRAMME, session=session), "actor.not_allowed"),
        (Actor("staff", "s-1", roles=("admin",), session=session), "actor.not_allowed"),
        (LAUNCHER, "actor.not_allowed"),
    )
    async with peer(platform, "identity") as identity:
        for actor, code in strangers:
            for method, step, body in STEPS:
                with pytest.raises(DomainError) as refusal:
                    await identity.json(method, one + step, actor, body=body)
                assert refusal.value.code == code, (actor, step)
        with pytest.raises(DomainError, match=r"face_reset\.opened_elsewhere"):
            await identity.json("POST", f"{one}/authorise", strangers[0][0])
        assert (await identity.json("GET", one, own))["step"] == state
    assert [await kept(platform, "tickets", one[13:]), await kept(platform, "accounts", victim)] == before
    assert await kept(platform, "face_tries", f"tries-{victim}") is None
    assert await codes_to(platform, f"1390002{serial:04}") == []


async def test_a_code_on_a_screen_is_no_phones_before_one_has_opened_it(platform: Platform, _filled: None) -> None:
    one = f"/face-resets/{await ticket(platform, 'waiting', 'nobody', '')}"
    before = await kept(platform, "tickets", one[13:])
    async with peer(platform, "identity") as identity:
        for session in ("", new_id()):
            for method, step, body in STEPS:
                with pytest.raises(DomainError, match=r"ticket\.not_found"):
                    await identity.json(method, one + step, Actor("anonymous", "phone", session=session), body=body)
    assert await kept(platform, "tickets", one[13:]) == before
