"""What one answered captcha is good for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from services.identity.handlers import accounts, sessions
from services.identity.handlers.accounts import NewAccount
from services.identity.handlers.deps import Deps, login_key
from services.identity.handlers.sessions import Client, Opened
from shared.errors import DomainError
from shared.programme.id_number import check_character
from tests.services.identity.conftest import NOW, PROGRAMME, solved

HOME = Client("192.0.2.1")
LI = NewAccount("", "李雷", "13800000000", "abcd1234")


def number(place: int) -> str:
    first_17 = f"11010120080307{place:03}"
    return first_17 + check_character(first_17)


async def test_one_captcha_asks_for_one_number_however_many_come_with_it(deps: Deps) -> None:
    proof, numbers = await solved(deps), [number(place) for place in range(8)]

    async def one(id_number: str) -> Opened:
        began = await sessions.open_anonymous(PROGRAMME, deps=deps, now=NOW)
        new = replace(LI, id_number=id_number)
        return await accounts.register(began.session.subject, began.token, new, proof, HOME, deps=deps, now=NOW)

    told = await asyncio.gather(*map(one, numbers), return_exceptions=True)
    codes = [each.code if isinstance(each, DomainError) else "" for each in told]
    assert sorted(codes) == ["", *["captcha.wrong"] * 7]
    holders = [await deps.accounts.store.holder(login_key(deps, PROGRAMME, each)) for each in numbers]
    assert [holder is not None for holder in holders] == [code == "" for code in codes], "who is refused holds nothing"
