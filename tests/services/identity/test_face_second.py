"""The second factor of a face reset: a code to the number of the account, and what follows from it."""

from __future__ import annotations

from functools import partial

from services.identity.handlers import accounts, codes, face_codes
from services.identity.handlers.deps import Deps
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, phones
from tests.services.identity.face_support import NETWORK, NEW, Phone, at_photo, known, phone
from tests.services.identity.test_accounts import LI, refused, sign_in
from tests.services.identity.test_audit import networks, told

__all__ = ["phone"]


async def code_by_sms(deps: Deps, phone: Phone) -> str:
    """The code that comes to the account's own number."""
    sent = await face_codes.send(phone.ticket, phone.session, "192.0.2.1", desk=phone.desk, now=phone.now)
    assert sent.resend_s > 0
    await codes.sweep(deps=deps, clock=lambda: phone.now + codes.AGAIN)
    number_called, digits = phones(deps).brought[-1]
    assert number_called == LI.phone
    return digits


async def test_a_code_to_the_accounts_own_phone_is_the_other_second_factor(deps: Deps, phone: Phone) -> None:
    account_id = await known(deps)
    await at_photo(phone)
    await phone.photo()
    await phone.answered("match")
    digits = await code_by_sms(deps, phone)
    wrong = f"{(int(digits) + 1) % 10**6:06}"
    prove = partial(face_codes.prove, phone.ticket, phone.session, desk=phone.desk, now=phone.now)
    assert await refused(prove(code=wrong)) == "code.wrong"
    assert (await prove(code=digits)).state == "proved"
    await phone.finish(bind=True)
    assert (await deps.accounts.get(account_id)).wechat == deps.vault.blind("openid", phone.openid)
    by_face = {"by": "face"}
    assert (await told(deps, account_id))[-2:] == [("password_changed", by_face), ("wechat_bound", by_face)]
    assert (await networks(deps, account_id))[-2:] == [NETWORK, NETWORK]
    assert (await sign_in(deps, NEW)).session.subject == account_id


async def test_a_code_to_a_phone_that_is_another_by_now_sets_no_password(deps: Deps, phone: Phone) -> None:
    account_id = await known(deps)
    await at_photo(phone)
    await phone.photo()
    await phone.answered("match")
    await face_codes.prove(phone.ticket, phone.session, await code_by_sms(deps, phone), desk=phone.desk, now=phone.now)
    before = (await deps.accounts.get(account_id)).password_hash
    await accounts.change_phone(Actor("candidate", account_id), "13900001111", deps=deps, now=phone.now)
    assert await refused(phone.finish()) == "face_reset.expired"
    assert (await deps.accounts.get(account_id)).password_hash == before
    assert LI.phone not in str(await deps.accounts.store.get("tickets", phone.ticket))


async def test_without_a_phone_number_there_is_no_code_and_the_way_is_the_registration_point(
    deps: Deps, phone: Phone
) -> None:
    account_id = await known(deps)
    async with deps.accounts.edit(account_id) as work:
        work.state.phone = ""
    await at_photo(phone)
    await phone.photo()
    await phone.answered("match")
    sending = face_codes.send(phone.ticket, phone.session, "", desk=phone.desk, now=NOW)
    assert await refused(sending) == "face_reset.no_phone"


async def test_no_code_is_sent_before_the_face_has_matched_or_to_another_phone(deps: Deps, phone: Phone) -> None:
    await known(deps)
    await at_photo(phone)
    send = partial(face_codes.send, phone.ticket, source="", desk=phone.desk, now=NOW)
    assert await refused(send(session=phone.session)) == "face_reset.not_this_step"
    await phone.photo()
    await phone.answered("match")
    assert await refused(send(session="phone-2")) == "ticket.not_found"
    assert phones(deps).brought == []
