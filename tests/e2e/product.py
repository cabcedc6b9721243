"""The product as a user starts it: `./baokao up`, on free ports and in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.demo.accounts import make_accounts
from deploy.local.services import DATABASE_PORT_OFFSET
from services.identity.domain.captcha import CAPTCHA_DIGITS
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import Platform
from tests.support.platform import free_base_port

ROOT = Path(__file__).parents[2]
START_S = 240


@dataclass(frozen=True)
class Product:
    """A running installation. A test may look into its store and its secrets, as its operator could."""

    platform: Platform

    def captcha(self, captcha_id: str) -> str:
        """The digits of a captcha, found by trying all against the stored keyed hash."""
        # In a thread of its own: Playwright's synchronous form already runs a loop in this one.
        with ThreadPoolExecutor(1) as thread:
            answer = thread.submit(asyncio.run, self._captcha_answer(captcha_id)).result()
        vault = load_vault(self.platform.secrets_dir)
        texts = (f"{number:0{CAPTCHA_DIGITS}}" for number in range(10**CAPTCHA_DIGITS))
        return next(text for text in texts if vault.blind("captcha", f"{captcha_id}|{text}") == answer)

    def staff_password(self, login: str) -> str:
        """The password of a demo account."""
        return next(account.password for account in make_accounts(self.platform.data) if account.login == login)

    async def _captcha_answer(self, captcha_id: str) -> str:
        async with open_store(self.platform, "identity", ()) as store:
            document = await store.get("captchas", captcha_id)
        assert document is not None
        return str(document["answer"])


@contextmanager
def running_product(folder: Path, *, full: bool) -> Iterator[Product]:
    """Up before, down after; with `full` on RabbitMQ and a Mongo-wire server, each service its own process."""
    port = free_base_port()
    settings = {"BAOKAO_DATA": str(folder), "BAOKAO_PORT": str(port), "BAOKAO_DEMO__PEOPLE": "false"}
    environment = {**os.environ, **settings}
    launcher = [sys.executable, "-m", "deploy.local.cli"]
    up = [*launcher, "up", "--detach", *(["--full"] if full else [])]
    subprocess.run(up, cwd=ROOT, env=environment, check=True, timeout=START_S)
    try:
        yield Product(_platform(folder, port, full=full))
    finally:
        subprocess.run([*launcher, "down"], cwd=ROOT, env=environment, check=True, timeout=START_S)


def _platform(folder: Path, port: int, *, full: bool) -> Platform:
    mongo = f"mongodb://127.0.0.1:{port + DATABASE_PORT_OFFSET}" if full else ""
    return Platform(data=folder, port=port, mongo_url=mongo)
