"""Fill a new demo through the services' interfaces: places, school roll, earlier results, staff, issued accounts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from deploy import ROOT
from deploy.local.demo.accounts import candidate_password, make_accounts
from deploy.local.demo.issued import issue, issued_file
from deploy.local.demo.settings import seeded_mark
from deploy.local.peers import LAUNCHER, peer
from shared.errors import DomainError, Kind
from shared.programme.loader import load_programmes
from shared.settings import Platform

PROGRAMME = "qualification-2024"
SEED = ROOT / "shared" / "programmes" / "seed"
# Districts before the schools in them, schools before their pupils.
TABLES = ("regions", "schools", "roll", "results")


def seed(platform: Platform, *, mongo: bool) -> None:
    """Fill the demo unless that is done; may be run again after a crash. Raises `DomainError`."""
    if platform.environment != "demo":
        return
    done, codes = seeded_mark(platform.data, mongo=mongo), issued_file(platform.data, mongo=mongo)
    if not done.exists():
        candidate_password(platform.data)
        asyncio.run(_fill(platform))
        done.touch()
    if not codes.exists():
        asyncio.run(_issue(platform, codes))


async def _fill(platform: Platform) -> None:
    async with peer(platform, "registration") as registration:
        for table in TABLES:
            content = (SEED / f"{table}.csv").read_bytes()
            asked = {"programme": PROGRAMME}
            await registration.raw("POST", f"/imports/{table}", LAUNCHER, data=content, params=asked)
    async with peer(platform, "identity") as identity:
        for account in make_accounts(platform.data):
            body = {"login": account.login, "display": account.name, "password": account.password}
            try:
                await identity.json("POST", "/staff", LAUNCHER, body={**body, "roles": account.roles, "scope": {}})
            except DomainError as error:
                # A start that was interrupted here had made this account already.
                if error.kind is not Kind.CONFLICT:
                    raise


async def _issue(platform: Platform, codes: Path) -> None:
    async with peer(platform, "identity") as identity:
        await issue(identity, codes, load_programmes(platform.programmes))
