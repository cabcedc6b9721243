"""A new password: its rules ticked off while it is typed, by the server's own patterns, and judged when it is left."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.async_api import Page, expect

from services.gateway.locales import by_code
from shared.programme.passwords import POLICIES
from shared.settings import Platform
from tests.attacks.support import chosen
from tests.services.gateway.conftest import ID_NUMBER, Person
from tests.services.gateway.test_browser import at_form, leave

SAMPLES = (
    "",
    "abcd1234",
    "ABCD1234",
    "abcd 123",
    "abcd123\n",
    "12345678",
    "aaaaaaaaaaaa",
    "aaaabbbbccccdddd",
    "Spring-Rain4",
    "春雨-Rain-4444",
    "😀😀😀😀😀😀😀a1",
    "[]{}^_`~\\'\"/:@",
    "x" * 129,
    "aB1" * 43,
)


async def test_rules_are_ticked_while_typing_and_the_server_decides_on_leaving(page: Page) -> None:
    await at_form(page)
    rules = page.locator("#rules-password li")
    await expect(rules.first).to_be_visible()
    await page.locator("#password").fill("abcd")
    await expect(page.locator("#rules-password .is-kept")).to_have_count(3)
    await expect(page.locator("#verdict-password")).to_be_empty()
    await leave(page, "password", "abcd1234")
    await expect(page.locator("#rules-password .is-kept")).to_have_count(await rules.count())
    await expect(page.locator("#verdict-password")).to_contain_text("通过")
    await leave(page, "password_again", "abcd1235")
    await expect(page.locator("#verdict-password_again")).to_contain_text("不一样")


async def test_the_browser_reads_every_pattern_as_the_server_does(page: Page) -> None:
    await page.goto("/")
    rules = [rule for policy in POLICIES.values() for rule in policy.rules]
    verdicts = await page.evaluate(
        "([patterns, samples]) => patterns.map((one) => samples.map((text) => new RegExp(one, 'su').test(text)))",
        [[rule.pattern for rule in rules], list(SAMPLES)],
    )
    assert verdicts == [[rule.holds(sample) for sample in SAMPLES] for rule in rules]


def test_every_rule_and_policy_has_its_words() -> None:
    for name, policy in POLICIES.items():
        assert by_code("password_rules", name) != by_code("password_rules", "other")
        for rule in policy.rules:
            assert by_code("password_hint", rule.code.removeprefix("password.")) != by_code("password_hint", "other")


async def test_the_own_account_judges_a_new_password(people: Sequence[Person], platform: Platform) -> None:
    person, stranger = people
    page = await chosen(person, platform, 610)
    page = await person.get("/mine/password")
    csrf = dict(page.page.form("").fields)["csrf"]
    answer = await person.post("/mine/password/check", {"new": "abcd-123", "again": "x", "csrf": csrf})
    assert "只能用英文字母和数字" in answer.page.text
    assert "不一样" in answer.page.text
    assert "通过" in (await person.post("/mine/password/check", {"new": "efgh5678", "csrf": csrf})).page.text
    refused = await stranger.post("/mine/password/check", {"new": ID_NUMBER})
    assert refused.url.partition("?")[0].endswith("/login")
