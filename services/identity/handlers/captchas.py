"""Use cases of captchas: made, spoken, and spent once, right or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.identity.domain import captcha as domain
from services.identity.domain.captcha import Captcha
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
    captcha_id, text = new_id(), domain.new_captcha_text()
    captcha = Captcha(captcha_id, _answer(deps, captcha_id, text), now + domain.CAPTCHA_LIFE)
    await deps.captchas.add(captcha_id, captcha)
    return captcha_id, text


async def captcha_text(captcha_id: str, *, deps: Deps) -> str:
    """The digits of a live captcha, to be spoken. Found by trying all: they are not stored."""
    captcha = await deps.captchas.get(captcha_id)
    candidates = (f"{number:0{domain.CAPTCHA_DIGITS}}" for number in range(10**domain.CAPTCHA_DIGITS))
    return next(text for text in candidates if _answer(deps, captcha_id, text) == captcha.answer)


async def spend_captcha(proof: Proof, *, deps: Deps, now: datetime) -> None:
    """Check an answer; right or wrong, the captcha is used up. Raises `captcha.required` or `captcha.wrong`."""
    if not proof.id or not proof.text:
        raise DomainError("captcha.required", Kind.INVALID, "/captcha_text")
    try:
        captcha = await deps.captchas.get(proof.id)
    except NotFound as error:
        raise DomainError("captcha.wrong", Kind.INVALID, "/captcha_text") from error
    mine = await deps.captchas.delete(proof.id)
    right = captcha.answer == _answer(deps, proof.id, proof.text.strip())
    if not mine or not right or now >= captcha.expires_at:
        raise DomainError("captcha.wrong", Kind.INVALID, "/captcha_text")


def _answer(deps: Deps, captcha_id: str, text: str) -> str:
    return deps.vault.blind("captcha", f"{captcha_id}|{text}")
