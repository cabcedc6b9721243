"""kill -9 of identity or notify while somebody is proving by SMS who they are: the person goes on where they were."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.make_secrets import make_all
from deploy.local.peers import LAUNCHER, peer
from deploy.local.services import PythonProcess
from shared.settings import PRIVATE_PORT_OFFSET, Platform
from tests.services.gateway.by_sms import NEW, account, code_to, codes_to
from tests.services.gateway.conftest import captcha_text
from tests.support.platform import free_base_port

ROUNDS = 2 * int(os.environ.get("BAOKAO_CHAOS", "1"))


class Town:
    """Identity and notify, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        secrets = folder / "secrets"
        make_all(secrets, "demo")
        # The embedded bus belongs to one process; nothing here goes over it.
        self.platform = Platform(data=folder / "identity", secrets=secrets, port=free_base_port())
        self.identity, self.notify = (self._process(name, folder / name) for name in ("identity", "notify"))

    def _process(self, name: str, data: Path) -> PythonProcess:
        data.mkdir()
        settings = {
            "BAOKAO_DATA": str(data),
            "BAOKAO_SECRETS": str(self.platform.secrets),
            "BAOKAO_PORT": str(self.platform.port),
            "BAOKAO_IDENTITY__CODES_S": "0.5",
        }
        process = PythonProcess(name, f"services.{name}.main", self.platform, settings)
        process.public_ports = [self.platform.port_of(name)]
        process.private_ports = [self.platform.port_of(name) + PRIVATE_PORT_OFFSET]
        return process

    async def ask(self, path: str, **body: str) -> Any:
        """An operation of identity."""
        async with peer(self.platform, "identity") as identity:
            return await identity.json("POST", path, LAUNCHER, body=body)

    async def begun(self, login: str) -> str:
        """The token of a reset."""
        captcha = await self.ask("/captchas")
        text = await captcha_text(self.platform, captcha["id"])
        proof = {"captcha_id": captcha["id"], "captcha_text": text}
        token = (await self.ask("/resets", programme="qualification-2024", login=login, **proof))["token"]
        return str(token)

    async def step(self, token: str) -> str:
        """Where somebody is."""
        return str((await self.ask("/resets/progress", token=token))["step"])


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    with made.identity, made.notify:
        yield made


async def test_the_person_goes_on_whoever_is_killed(town: Town) -> None:
    for number in range(ROUNDS):
        login, phone = await account(town.platform, 200 + number)
        token = await town.begun(login)
        town.identity.kill()
        town.identity.restart()
        assert await town.step(token) == "phone"
        await town.ask("/resets/phone", token=token, phone=phone)
        # Amid the handing over, on one side or the other.
        victim = town.identity if number % 2 else town.notify
        victim.kill()
        victim.restart()
        code = await code_to(town.platform, phone)
        assert await codes_to(town.platform, phone) == [code]
        await town.ask("/resets/code", token=token, code=code)
        town.identity.kill()
        town.identity.restart()
        assert await town.step(token) == "password"
        await town.ask("/resets/password", token=token, password=NEW)
        opened = await town.ask("/sessions/login", programme="qualification-2024", login=login, password=NEW)
        assert opened["kind"] == "candidate"


async def test_a_code_asked_for_while_notify_is_away_comes_when_it_is_back(town: Town) -> None:
    login, phone = await account(town.platform, 210)
    token = await town.begun(login)
    town.notify.kill()
    assert (await town.ask("/resets/phone", token=token, phone=phone))["resend_s"] == 60
    town.notify.restart()
    await town.ask("/resets/code", token=token, code=await code_to(town.platform, phone))
    assert await town.step(token) == "password"
