"""`./baokao admin`: the first administrator of an installation; everybody else is let in on the pages."""

from __future__ import annotations

import asyncio

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
    """Make the account and print its one-time code, which is shown only here. Ends with 1 when it could not be made."""
    try:
        code = asyncio.run(_make(platform, {"login": login, "display": name, "roles": ["admin"], "scope": {}}))
    except DomainError as error:
        console.print(f"✗ {error.code}. {REMEDIES.get(error.code, 'Is baokao up (./baokao status)?')}")
        raise typer.Exit(1) from error
    console.print("✓ Sign in on /staff/login with this code, good for 7 days and once, and choose your password:")
    print(code)


async def _make(platform: Platform, body: dict[str, object]) -> str:
    async with peer(platform, "identity") as identity:
        return str((await identity.json("POST", "/staff", LAUNCHER, body=body))["code"])
