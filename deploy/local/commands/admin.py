"""`./baokao admin`: the first administrator of an installation; everybody else is let in on the pages."""

from __future__ import annotations

import asyncio
import secrets

import typer
from rich.console import Console

from deploy.local.peers import LAUNCHER, peer
from shared.errors import DomainError
from shared.settings import Platform

REMEDIES = {
    "account.login_taken": "There is an account of this login name; choose another.",
    "request.invalid": "A login name has 2 to 64 characters, a name 1 to 64.",
}
console = Console(stderr=True, highlight=False)


def run(platform: Platform, login: str, name: str) -> None:
    """Make the account and print its password, which is shown only here. Ends with 1 when it could not be made."""
    password = secrets.token_urlsafe(15)
    body: dict[str, object] = {"login": login, "display": name, "password": password, "roles": ["admin"], "scope": {}}
    try:
        asyncio.run(_make(platform, body))
    except DomainError as error:
        console.print(f"✗ {error.code}. {REMEDIES.get(error.code, 'Is baokao up (./baokao status)?')}")
        raise typer.Exit(1) from error
    console.print("✓ Sign in on /staff/login and choose a password of your own. This one is shown only now:")
    print(password)


async def _make(platform: Platform, body: dict[str, object]) -> None:
    async with peer(platform, "identity") as identity:
        await identity.json("POST", "/staff", LAUNCHER, body=body)
