"""Use cases of staff who sign in by a code sent to their phone (003.13: the phone of the form is taken already)."""

from __future__ import annotations

from datetime import datetime

from services.identity.domain.session import second_step
from services.identity.domain.signon import fresh
from services.identity.handlers.captchas import Proof, spend_captcha
from services.identity.handlers.claims import account_of
from services.identity.handlers.codes import send_code, spend_code
from services.identity.handlers.deps import Deps
from services.identity.handlers.joining import phone_claim
from services.identity.handlers.sessions import Client, Opened, entry, sign_in
from shared.errors import DomainError, Kind
from shared.programme import phone as phones


async def begin(phone: str, proof: Proof, source: str, *, deps: Deps, now: datetime) -> str:
    """Send a code, if the phone is a member of staff's; the answer is the same if not. The flow that spends it."""
    if broken := phones.problem(phone):
        raise DomainError(broken, Kind.INVALID, "/phone")
    await spend_captcha(proof, deps=deps, now=now)
    number, flow = phones.normalise(phone), fresh()
    owner = await account_of(phone_claim(number, deps=deps), deps=deps)
    owned = owner.id if owner else ""
    await send_code(flow, "staff", number, source, deps=deps, now=now, about="staff", owner=owned)
    return flow


async def finish(flow: str, code: str, client: Client, *, deps: Deps, now: datetime) -> Opened:
    """Sign in whose phone it is. A second factor is asked for as after a password; but who needs one and has none does
    not get in: a number can be taken over, and whoever has it would enrol an app of their own. Its owner is shown that.
    Raises `staff.sms_needs_second`."""
    phone = await spend_code(flow, "staff", code, deps=deps, now=now)
    account = await account_of(phone_claim(phone, deps=deps), deps=deps)
    # The number may have been given up since the code was sent.
    if account is None or account.phone != phone:
        raise DomainError("code.wrong", Kind.INVALID, "/code")
    account.check_lock()
    if second_step(account, deps.second_roles) == "enrol":
        refused = entry(account, client, "sign_in_refused", now, by="phone")
        await deps.accounts.change(account.id, lambda work: work.emit(refused))
        raise DomainError("staff.sms_needs_second", Kind.FORBIDDEN)
    return await sign_in(account, client, deps=deps, now=now, by_phone=True)
