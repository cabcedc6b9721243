"""Whoever leaves is told truly what is kept, before there is an account and after."""

from __future__ import annotations

import re

from shared.runtime import open_store
from shared.settings import Platform
from shared.store import Query
from tests.services.gateway.conftest import Person
from tests.services.gateway.test_answers import registered
from tests.services.gateway.walks import at_form, send
from tests.support.waiting import settles


async def drafts(platform: Platform) -> list[str]:
    """What is left of applications that are nobody's to go on with."""
    async with open_store(platform, "registration", ()) as store:
        found = await store.find("applications", Query({"state": ("draft", "discarded")}))
    return [str(document["values"]) for document in found.documents if document["state"] == "draft"]


async def uploads(platform: Platform) -> int:
    async with open_store(platform, "documents", ()) as store:
        return await store.count("uploads", {})


def idle_words(text: str) -> str:
    found = re.search(r'<dialog id="idle".*?</dialog>', text, re.DOTALL)
    assert found
    return found[0]


async def test_before_there_is_an_account_leaving_ends_the_draft_and_says_so(
    person: Person, platform: Platform
) -> None:
    page = await at_form(person)
    assert "接着填" not in page.page.text
    assert "关闭浏览器、退出，或者一天没有操作以后，要重新填写" in page.page.text
    assert "已填写的内容都已保存" not in idle_words(page.page.text)
    await send(person, page, {"name": "胡思欣"}, "portrait")
    assert (len(await drafts(platform)), await uploads(platform)) == (1, 1)
    left = await person.post("/logout", {"csrf": dict(page.page.form("/form").fields)["csrf"]})
    assert "填写的内容已经删除" in left.page.text and "随时可以登录继续" not in left.page.text
    assert await drafts(platform) == []
    assert not person.cookie

    async def pictures_gone() -> bool:
        return await uploads(platform) == 0

    await settles(pictures_gone)


async def test_with_an_account_everything_is_kept_and_the_form_says_so(person: Person, platform: Platform) -> None:
    await registered(person, platform, 700)
    page = await person.get("/apply/fill")
    assert "可以随时离开，登录后接着填" in page.page.text and "要重新填写" not in page.page.text
    assert "已填写的内容都已保存" in idle_words(page.page.text)
    left = await person.post("/logout", {"csrf": dict(page.page.form("/form").fields)["csrf"]})
    assert "随时可以登录继续" in left.page.text
    assert len(await drafts(platform)) == 1
