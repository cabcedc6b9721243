"""`python -m bench.login`: can the time of a refused sign-in tell whether a number has an account? (security.md 4)

The identity service runs as it is delivered (SQLite on this machine's disk, HTTP on loopback); nothing else runs, which
is the eavesdropper's best case. Each number is tried once, from an address of its own, with a wrong password; known and
unknown numbers alternate in random order. Told are the quantiles of both, the chance that a known one took longer than
an unknown one (one half: no difference), and what that chance would reach in 95 of 100 runs if there were no difference
at all (permutations of the labels).
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

from deploy.local.make_secrets import make_all
from deploy.local.peers import LAUNCHER, peer
from services.identity.domain.captcha import CAPTCHA_DIGITS
from services.identity.main import service as identity
from shared.errors import DomainError
from shared.http import ServiceClient
from shared.privacy import load_vault
from shared.programme.id_number import check_character
from shared.runtime import open_store
from shared.settings import Platform
from shared.tokens import Actor
from tests.support.platform import platform_in_thread

COUNT, PERMUTATIONS = 400, 2000
PROGRAMME, PASSWORD = "qualification-2024", "abcd1234"


class Try(NamedTuple):
    """One refused sign-in: how long it took."""

    known: bool
    ms: float


def number(serial: int) -> str:
    """A valid ID number of its own for each serial."""
    body = (
        f"14010619{90 + serial // 5000 % 10:02}{1 + serial // 500 % 10:02}{1 + serial // 50 % 10:02}{serial % 1000:03}"
    )
    return body + check_character(body)


async def register(client: ServiceClient, platform: Platform, serial: int) -> None:
    """An account, as a candidate makes one."""
    began = await client.json("POST", "/sessions", LAUNCHER, body={"programme": PROGRAMME})
    captcha = (await client.json("POST", "/captchas", LAUNCHER))["id"]
    body = {
        "token": began["token"],
        "id_number": number(serial),
        "name": "张三",
        "phone": f"139{serial:08}",
        "password": PASSWORD,
        "captcha_id": captcha,
        "captcha_text": await solved(platform, captcha),
    }
    await client.json("POST", "/accounts", Actor("anonymous", began["subject"], PROGRAMME), body=body)


async def solved(platform: Platform, captcha_id: str) -> str:
    """The digits of a captcha, by trying all."""
    vault = load_vault(platform.secrets_dir)
    async with open_store(platform, "identity", ()) as store:
        document = await store.get("captchas", captcha_id) or {}
    texts = (f"{digits:0{CAPTCHA_DIGITS}}" for digits in range(10**CAPTCHA_DIGITS))
    return next(text for text in texts if vault.blind("captcha", f"{captcha_id}|{text}") == document["answer"])


async def refused(client: ServiceClient, serial: int, *, known: bool) -> Try:
    """Try a wrong password and stop the time."""
    source = f"10.{serial >> 16 & 255}.{serial >> 8 & 255}.{serial & 255}"
    body = {"programme": PROGRAMME, "login": number(serial), "password": "wrong111", "source": source}
    started = time.perf_counter()
    try:
        await client.json("POST", "/sessions/login", LAUNCHER, body=body)
    except DomainError as error:
        if error.code != "login.refused":
            raise
    return Try(known, 1000 * (time.perf_counter() - started))


async def measure(platform: Platform, count: int) -> list[Try]:
    """Register half the numbers, then try all in random order."""
    async with peer(platform, "identity") as client:
        for serial in range(count):
            await register(client, platform, 2 * serial)
        tries = [(serial, serial % 2 == 0) for serial in range(2 * count)]
        random.shuffle(tries)
        return [await refused(client, serial, known=known) for serial, known in tries]


def superiority(known: Sequence[float], unknown: Sequence[float]) -> float:
    """The chance that one of the first is longer than one of the second (Mann-Whitney's U, as a share)."""
    ranked = sorted([(ms, 1) for ms in known] + [(ms, 0) for ms in unknown])
    ranks = sum(place for place, (_, mine) in enumerate(ranked, 1) if mine)
    return (ranks - len(known) * (len(known) + 1) / 2) / (len(known) * len(unknown))


def chance(tries: Sequence[Try]) -> float:
    """How far from one half 95 of 100 superiorities lie if the labels mean nothing."""
    times, far = [each.ms for each in tries], []
    half = len(times) // 2
    for _ in range(PERMUTATIONS):
        random.shuffle(times)
        far.append(abs(superiority(times[:half], times[half:]) - 0.5))
    return sorted(far)[int(0.95 * PERMUTATIONS)]


def told(tries: Sequence[Try]) -> str:
    """The report."""
    lines = [f"{'':10}{'p10':>8}{'p50':>8}{'p90':>8}{'p99':>8}  ms, {len(tries) // 2} each"]
    for name, wanted in (("known", True), ("unknown", False)):
        cut = quantiles([each.ms for each in tries if each.known is wanted], n=100)
        lines.append(f"{name:10}" + "".join(f"{cut[at - 1]:8.2f}" for at in (10, 50, 90, 99)))
    found = superiority(*([each.ms for each in tries if each.known is wanted] for wanted in (True, False)))
    lines.append(f"a known one is slower: {found:.3f} of pairs; without a difference 0.500 ± {chance(tries):.3f}")
    return "\n".join(lines)


def main() -> None:
    """Measure and print; `python -m bench.login 200` for fewer numbers."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as folder:
        make_all(Path(folder) / "secrets", "demo")
        with platform_in_thread(Path(folder), (identity,)) as platform:
            print(told(asyncio.run(measure(platform, count))))


if __name__ == "__main__":
    main()
