"""Candidates in every state, led there through the running platform: `python -m deploy.local.demo.people`.

Runs once, behind, after a new demo is up: reading eight pairs of pictures takes the vision service some seconds.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from deploy.local.demo.accounts import candidate_password
from deploy.local.demo.journey import Journey
from deploy.local.demo.pictures import card, photo
from deploy.local.demo.pupils import Pupil, pupils
from deploy.local.demo.seed import PROGRAMME
from deploy.local.demo.settings import populated_mark
from deploy.local.peers import LAUNCHER, peer
from services.identity.domain.captcha import CAPTCHA_DIGITS
from shared.errors import DomainError
from shared.http import ServiceClient
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import Platform
from shared.tokens import Actor

FREE = 3

Steps = Callable[[Journey], Awaitable[None]]


async def draft(journey: Journey) -> None:
    """Filled, not sent."""
    await journey.fill(card(journey.pupil))


async def unpaid(journey: Journey) -> None:
    """Registered, the fee is due."""
    await draft(journey)
    await journey.register()


async def submitted(journey: Journey) -> None:
    """Paid, waits for review."""
    await unpaid(journey)
    await journey.pay()


async def card_of_another(journey: Journey) -> None:
    """What is typed is not what the card says: a person has to look."""
    other = next(pupil for pupil in pupils() if pupil.number > journey.pupil.number)
    await journey.fill(card(other))
    await journey.register()
    await journey.pay()


async def under_review(journey: Journey) -> None:
    """In a reviewer's hands."""
    await submitted(journey)
    await journey.claim()


async def approved(journey: Journey) -> None:
    """Done."""
    await submitted(journey)
    await journey.approve()


async def returned(journey: Journey) -> None:
    """Has to bring another photo."""
    await submitted(journey)
    await journey.send_back()


async def withdrawn(journey: Journey) -> None:
    """Gave up before paying."""
    await unpaid(journey)
    await journey.withdraw()


STATES: Mapping[str, Steps] = {
    "草稿 draft": draft,
    "待缴费 unpaid": unpaid,
    "待审核 submitted": submitted,
    "证件不符 card of another": card_of_another,
    "审核中 under review": under_review,
    "已通过 approved": approved,
    "被退回 returned": returned,
    "已放弃 withdrawn": withdrawn,
}


def cast() -> dict[str, Pupil]:
    """Who stands in which state."""
    return dict(zip(STATES, pupils(), strict=False))


def write_pictures(folder: Path) -> list[Pupil]:
    """Card and photo of pupils who have not registered yet, for trying by hand; returns them."""
    folder.mkdir(parents=True, exist_ok=True)
    free = list(pupils())[len(STATES) : len(STATES) + FREE]
    for pupil in free:
        (folder / f"{pupil.id_number}-card.jpg").write_bytes(card(pupil))
    (folder / "photo.jpg").write_bytes(photo())
    return free


async def populate(platform: Platform) -> None:
    """Lead everybody to their state. Who has an account already stays where an interrupted run left them."""
    async with (
        peer(platform, "identity") as identity,
        peer(platform, "registration") as registration,
        peer(platform, "documents") as documents,
        peer(platform, "payment") as payment,
    ):
        for state, pupil in cast().items():
            try:
                who = await _register(platform, identity, pupil)
                await STATES[state](Journey(registration, documents, payment, pupil, who, {}))
                print(f"✓ {state}", flush=True)
            except DomainError as error:
                print(f"✗ {state}: {error.code} {error.errors}", flush=True)


async def _register(platform: Platform, identity: ServiceClient, pupil: Pupil) -> Actor:
    session = await identity.json("POST", "/sessions", LAUNCHER, body={"programme": PROGRAMME})
    captcha = await identity.json("POST", "/captchas", LAUNCHER)
    account = {
        "token": session["token"],
        "id_number": pupil.id_number,
        "name": pupil.name,
        "phone": pupil.phone,
        "password": candidate_password(platform.data),
        "captcha_id": captcha["id"],
        "captcha_text": await _captcha_text(platform, captcha["id"]),
    }
    await identity.json("POST", "/accounts", Actor("anonymous", session["subject"], PROGRAMME), body=account)
    return Actor("candidate", session["subject"], PROGRAMME)


async def _captcha_text(platform: Platform, captcha_id: str) -> str:
    """A captcha's digits: whoever holds the installation's keys finds them by trying all."""
    async with open_store(platform, "identity", ()) as store:
        document = await store.get("captchas", captcha_id)
    answer = document["answer"] if document else None
    vault = load_vault(platform.secrets_dir)
    texts = (f"{number:0{CAPTCHA_DIGITS}}" for number in range(10**CAPTCHA_DIGITS))
    return next(text for text in texts if vault.blind("captcha", f"{captcha_id}|{text}") == answer)


def main() -> None:
    """Fill the demo's data folder and its platform."""
    platform = Platform()
    if platform.environment != "demo":
        sys.exit("people are invented in a demo only")
    write_pictures(platform.data / "demo" / "pictures")
    asyncio.run(populate(platform))
    populated_mark(platform.data, mongo=bool(platform.mongo_url)).touch()


if __name__ == "__main__":
    main()
