"""Operations of candidates' accounts."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from services.identity.api.common import SERVICE, Agent, SessionOpened, Short, binder, told
from services.identity.handlers import accounts
from services.identity.handlers.captchas import Proof
from services.identity.handlers.deps import Deps, policy_of, programme_of
from services.identity.handlers.sessions import Client
from shared.clock import utc_now
from shared.http import Call, Route
from shared.programme import id_number, passwords
from shared.programme import phone as phones


class NewAccount(BaseModel):
    token: Short
    id_number: Short
    name: Short
    phone: Short
    password: Short
    captcha_id: Short = ""
    captcha_text: Short = ""
    source: Short = ""
    agent: Agent = ""


class ChangePassword(BaseModel):
    old: Short
    new: Short


class Wish(BaseModel):
    """A new password thought of."""

    value: Short


class PasswordQuestion(BaseModel):
    programme: Short
    value: Short
    id_number: Short = ""
    phone: Short = ""


class OwnAccount(BaseModel):
    """`phone` is masked; empty when none is bound. `password`: whether there is one, `policy` what a new one is judged
    by; `login`: the name of staff who have one. `wechat`: whether one is bound, `wechat_at` since when, if known;
    `face_reset`: whether the programme has what it is bound for."""

    phone: str
    password: bool
    policy: str
    login: str
    face_reset: bool
    wechat: bool
    wechat_at: datetime | None


class Unbinding(BaseModel):
    password: Short


class Verdict(BaseModel):
    ok: bool
    code: str = ""


def routes(deps: Deps) -> list[Route]:
    """Register, and change one's own credential."""
    bound, own = binder(deps), ("candidate", "staff")
    return [
        Route("POST", "/accounts", bound(register), ("anonymous",), body=NewAccount, returns=SessionOpened, status=201),
        Route(
            "POST", "/accounts/password-check", bound(check_password), SERVICE, body=PasswordQuestion, returns=Verdict
        ),
        Route("GET", "/accounts/own", bound(own_account), own, returns=OwnAccount),
        Route("POST", "/accounts/own/password-check", bound(check_own_password), own, body=Wish, returns=Verdict),
        Route("POST", "/accounts/password", bound(change_password), own, body=ChangePassword),
        Route("POST", "/accounts/wechat/removal", bound(unbind_wechat), ("candidate",), body=Unbinding),
    ]


async def register(call: Call, *, deps: Deps) -> SessionOpened:
    """Register a candidate's account"""
    given = call.body(NewAccount)
    new = accounts.NewAccount(given.id_number, given.name, given.phone, given.password)
    proof = Proof(given.captcha_id, given.captcha_text)
    client = Client(given.source, given.agent)
    return told(await accounts.register(call.actor.id, given.token, new, proof, client, deps=deps, now=utc_now()))


async def check_password(call: Call, *, deps: Deps) -> Verdict:
    """Whether a password would be accepted"""
    asked = call.body(PasswordQuestion)
    policy = programme_of(deps, asked.programme).account.password_policy
    broken = passwords.check(policy, asked.value, personal=(id_number.normalise(asked.id_number), asked.phone))
    return Verdict(ok=broken is None, code=broken or "")


async def own_account(call: Call, *, deps: Deps) -> OwnAccount:
    """What one's own page of the account shows"""
    account = await deps.accounts.get(call.actor.id)
    programme = deps.programmes.get(account.programme)
    return OwnAccount(
        phone=phones.mask(account.phone) if account.phone else "",
        password=bool(account.password_hash),
        policy=policy_of(deps, account.programme),
        login=account.number if account.kind == "staff" else "",
        face_reset=programme is not None and "face" in programme.account.reset_channels,
        wechat=bool(account.wechat),
        wechat_at=account.wechat_at,
    )


async def check_own_password(call: Call, *, deps: Deps) -> Verdict:
    """Whether a new password would be accepted for one's own account"""
    broken = await accounts.judge_password(call.actor.id, call.body(Wish).value, deps=deps)
    return Verdict(ok=not broken, code=broken)


async def change_password(call: Call, *, deps: Deps) -> None:
    """Change one's own password"""
    asked = call.body(ChangePassword)
    await accounts.change_password(call.actor, asked.old, asked.new, deps=deps, now=utc_now())


async def unbind_wechat(call: Call, *, deps: Deps) -> None:
    """Give up the WeChat bound to one's own account"""
    await accounts.unbind_wechat(call.actor, call.body(Unbinding).password, deps=deps, now=utc_now())
