"""The first administrator of an installation: made from the command line, and able to sign in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import typer

from deploy.local.commands import admin
from deploy.local.peers import LAUNCHER, peer
from services.identity.main import service as identity
from shared.settings import Platform
from shared.tokens import Actor
from tests.support.platform import platform_in_thread


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with platform_in_thread(tmp_path_factory.mktemp("admin"), (identity,)) as running:
        yield running


async def first_sign_in(platform: Platform, login: str, code: str) -> tuple[list[str], list[str]]:
    """What the code's session has to do first, and the roles when a password is chosen."""
    async with peer(platform, "identity") as service:
        opened = await service.json("POST", "/sessions/login", LAUNCHER, body={"login": login, "password": code})
        owner = Actor("staff", opened["subject"], session=opened["id"])
        chosen = await service.json("POST", "/staff/first/password", owner, body={"password": "correct horse"})
    return opened["todo"], chosen["roles"]


def test_the_printed_code_lets_an_administrator_choose_a_password(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    admin.run(platform, "chief", "王主任")
    code = capsys.readouterr().out.strip()
    assert asyncio.run(first_sign_in(platform, "chief", code)) == (["password"], ["admin"])


def test_a_name_that_cannot_be_had_says_why(platform: Platform, capsys: pytest.CaptureFixture[str]) -> None:
    admin.run(platform, "second", "王主任")
    for login, told in (("second", "choose another"), ("x", "2 to 64 characters")):
        with pytest.raises(typer.Exit):
            admin.run(platform, login, "李主任")
        assert told in " ".join(capsys.readouterr().err.split())
