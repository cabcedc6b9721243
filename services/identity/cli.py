"""`./baokao audit verify`: walk the audit log's chain in the database itself; the services need not run."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from services.identity.handlers import audit
from services.identity.handlers.audit import Verdict
from services.identity.main import audit_chain
from shared import runtime
from shared.privacy import load_vault
from shared.settings import Platform

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The audit log.")


@app.callback()
def _group() -> None:
    """Keeps `verify` a word of its own."""


@app.command()
def verify(
    start: Annotated[int, typer.Option("--from", min=1, help="The first entry to look at")] = 1,
    expect: Annotated[
        list[str] | None, typer.Option(help="ENTRY:HASH, an audit_checkpoint of the service's log; may be repeated")
    ] = None,
) -> None:
    """Say whether every entry follows from the one before it. Ends with 1 at the first that does not."""
    verdict = asyncio.run(_verify(start, dict(_pair(each) for each in expect or [])))
    if verdict.reason:
        typer.echo(f"✗ entry {verdict.broken}: {verdict.reason} ({verdict.entries} entries before it fit)")
        raise typer.Exit(1)
    typer.echo(f"✓ {verdict.entries} entries fit. Keep this elsewhere: {verdict.head}:{verdict.hash}")


async def _verify(start: int, expected: dict[str, str]) -> Verdict:
    platform = Platform()
    async with runtime.open_store(platform, "identity", ()) as store:
        return await audit.verify(start, expected, chain=audit_chain(store, load_vault(platform.secrets_dir)))


def _pair(text: str) -> tuple[str, str]:
    number, _, digest = text.partition(":")
    return number, digest


if __name__ == "__main__":
    app(prog_name="./baokao audit")
