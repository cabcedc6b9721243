"""What a candidate does with a browser that runs no scripts."""

from __future__ import annotations

import aiohttp

from shared.settings import Platform
from tests.services.gateway.conftest import ID_NUMBER, NAME, PHONE, Answer, Person, captcha_text, photo

PASSWORD = "abcd1234"
FOUR = ("history", "geography", "chemistry", "biology")
TYPED = {
    "id_number": ID_NUMBER,
    "name": NAME,
    "category": "pupil",
    "city": "1401",
    "district": "140106",
    "school": "140106002",
    "class_number": "0709",
    "phone": PHONE,
}


def assert_summary_leads_to_fields(answer: Answer) -> None:
    targets = [link[1:] for link in answer.page.links if link.startswith("#") and link != "#main-content"]
    assert targets
    assert set(targets) <= answer.page.ids


async def at_form(person: Person) -> Answer:
    """Begin, or go on, through both notices."""
    page = await (person.get("/apply") if person.cookie else person.post("/programmes/qualification-2024/start", {}))
    for form in ("/apply/violations/accept", "/apply/pledge/accept"):
        if any(each.action == form for each in page.page.forms):
            page = await person.press(page, form)
    assert page.url.endswith("/apply/fill")
    return page


async def send(person: Person, page: Answer, changes: dict[str, str], *pictures: str) -> Answer:
    """Send the form as a browser does: multipart, with pictures chosen."""
    body = aiohttp.FormData()
    fields = dict(page.page.form("/form").fields) | changes
    for name, value in fields.items():
        body.add_field(name, value)
    for kind in pictures:
        body.add_field(f"picture-{kind}", photo(), filename=f"{kind}.jpg", content_type="image/jpeg")
    return await person.post("/form", body)


async def register(person: Person, platform: Platform, **changes: str) -> Answer:
    """All of 填写信息, a wrong captcha included; the page after it."""
    page = await send(person, await at_form(person), TYPED | changes, "id_card", "portrait")
    secrets = {"password": PASSWORD, "password_again": PASSWORD, "action": "submit"}
    wrong = await send(person, page, {**secrets, "captcha_text": "x"})
    assert "验证码不对" in wrong.page.text
    captcha_id = dict(wrong.page.form("/form").fields)["captcha_id"]
    return await send(person, wrong, {**secrets, "captcha_text": await captcha_text(platform, captcha_id)})


async def tick(person: Person, page: Answer, *subjects: str) -> Answer:
    """Exactly these subjects, and on to the page that shows everything once more."""
    others = [(name, value) for name, value in page.page.form("/subjects").fields if name != "subjects"]
    return await person.post("/subjects", [*others, *(("subjects", name) for name in subjects)])


async def choose(person: Person, page: Answer) -> Answer:
    """The four subjects of a first registration, submitted."""
    return await person.press(await tick(person, page, *FOUR), "/answers")
