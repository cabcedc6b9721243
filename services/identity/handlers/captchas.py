"""Use cases of captchas: made, spoken, and spent once, right or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.identity.domain import captcha as domain
from services.identity.domain.captcha import Captcha, CaptchaKind, Work
from services.identity.handlers.deps import Deps
from shared.errors import DomainError, Kind, NotFound
from shared.events.base import new_id


@dataclass(frozen=True)
class Proof:
    """An answer to a captcha."""

    id: str = ""
    text: str = ""


async def new_captcha(*, deps: Deps, now: datetime) -> tuple[str, str]:
    """A captcha's id and the text to draw; only a keyed hash is stored."""
    text = domain.new_captcha_text()
    return await _keep("digits", text, now + domain.CAPTCHA_LIFE, deps=deps), text


async def new_slider(x: int, *, deps: Deps, now: datetime) -> str:
    """The id of a slider puzzle whose piece belongs at `x`."""
    return await _keep("slider", str(x), now + domain.SLIDER_LIFE, deps=deps)


async def new_work(*, deps: Deps, now: datetime) -> tuple[str, Work]:
    """A sum for a device, and its id."""
    work = domain.new_work()
    return await _keep("work", str(work.number), now + domain.CAPTCHA_LIFE, deps=deps), work


async def _keep(kind: CaptchaKind, answer: str, expires_at: datetime, *, deps: Deps) -> str:
    captcha_id = new_id()
    captcha = Captcha(captcha_id, _answer(deps, captcha_id, answer), expires_at, kind)
    await deps.captchas.add(captcha_id, captcha)
    return captcha_id


async def captcha_text(captcha_id: str, *, deps: Deps) -> str:
    """The digits of a live captcha, to be spoken. Found by trying all: they are not stored."""
    captcha = await deps.captchas.get(captcha_id)
    if captcha.kind != "digits":
        raise NotFound("captcha")
    candidates = (f"{number:0{domain.CAPTCHA_DIGITS}}" for number in range(10**domain.CAPTCHA_DIGITS))
    return next(text for text in candidates if _answer(deps, captcha_id, text) == captcha.answer)


async def spend_captcha(
    proof: Proof, kinds: frozenset[CaptchaKind] = domain.DIGITS, *, deps: Deps, now: datetime
) -> None:
    """Check an answer; right or wrong, the captcha is used up. One of another kind than these is wrong. Raises
    `captcha.required` or `captcha.wrong`."""
    if not proof.id or not proof.text:
        raise DomainError("captcha.required", Kind.INVALID, "/captcha_text")
    try:
        captcha = await deps.captchas.get(proof.id)
    except NotFound as error:
        raise DomainError("captcha.wrong", Kind.INVALID, "/captcha_text") from error
    mine = await deps.captchas.delete(proof.id)
    right = captcha.answer in {_answer(deps, proof.id, each) for each in captcha.accepted(proof.text.strip())}
    if not mine or not right or captcha.kind not in kinds or now >= captcha.expires_at:
        raise DomainError("captcha.wrong", Kind.INVALID, "/captcha_text")


def _answer(deps: Deps, captcha_id: str, text: str) -> str:
    return deps.vault.blind("captcha", f"{captcha_id}|{text}")
