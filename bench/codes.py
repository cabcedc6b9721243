"""`python -m bench.codes`: can time tell, on the way by SMS, whether a number has an account? (security.md 4 and 5)

As bench.login does: identity and notify as they are delivered, nothing else running. Known numbers come with the phone
of their account, unknown ones with another; each step is told apart, the code tried at once, while a message may be on
its way.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from bench.login import PROGRAMME, Try, number, register, solved, told
from deploy.local.make_secrets import make_all
from deploy.local.peers import LAUNCHER, peer
from services.identity.main import service as identity
from services.notify.main import service as notify
from shared.errors import DomainError
from shared.http import ServiceClient
from shared.settings import Platform
from tests.support.platform import platform_in_thread

COUNT = 300
STEPS = ("begin", "phone", "code")


async def timed(client: ServiceClient, path: str, body: dict[str, str], *, known: bool) -> tuple[Try, dict[str, str]]:
    """One operation, answered or refused."""
    started, answer = time.perf_counter(), {}
    try:
        answer = await client.json("POST", path, LAUNCHER, body=body)
    except DomainError as error:
        if error.code != "code.wrong":
            raise
    return Try(known, 1000 * (time.perf_counter() - started)), answer


async def walk(client: ServiceClient, platform: Platform, serial: int, *, known: bool) -> list[Try]:
    """The three steps of one number."""
    captcha = (await client.json("POST", "/captchas", LAUNCHER))["id"]
    proof = {"captcha_id": captcha, "captcha_text": await solved(platform, captcha)}
    source = f"10.{serial >> 16 & 255}.{serial >> 8 & 255}.{serial & 255}"
    begun, answer = await timed(
        client, "/resets", {"programme": PROGRAMME, "login": number(serial), **proof}, known=known
    )
    token = {"token": answer["token"]}
    called, _ = await timed(
        client, "/resets/phone", {**token, "phone": f"139{serial:08}", "source": source}, known=known
    )
    guessed, _ = await timed(client, "/resets/code", {**token, "code": "x"}, known=known)
    return [begun, called, guessed]


async def measure(platform: Platform, count: int) -> list[list[Try]]:
    """Register half the numbers, then walk with all in random order."""
    async with peer(platform, "identity") as client:
        for serial in range(count):
            await register(client, platform, 2 * serial)
        walks = [(serial, serial % 2 == 0) for serial in range(2 * count)]
        random.shuffle(walks)
        return [await walk(client, platform, serial, known=known) for serial, known in walks]


def main() -> None:
    """Measure and print; `python -m bench.codes 100` for fewer numbers."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as folder:
        make_all(Path(folder) / "secrets", "demo")
        with platform_in_thread(Path(folder), (identity, notify)) as platform:
            walks = asyncio.run(measure(platform, count))
    for name, tries in zip(STEPS, zip(*walks, strict=True), strict=True):
        print(f"{name}\n{told(tries)}\n")


if __name__ == "__main__":
    main()
