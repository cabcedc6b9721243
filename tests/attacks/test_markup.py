"""Names and remarks that are markup, scripts or templates: every page and every PDF shows them as the text they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlencode

import pypdfium2
from markupsafe import escape

from services.registration.domain.application import Application, Read
from services.registration.store import APPLICATIONS, SEALED
from shared.errors import Conflict
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import Platform
from shared.store.repository import Repository
from tests.attacks.support import chosen, csrf_of, signed_in
from tests.attacks.test_matrix_accounts import pupil, request_of, send
from tests.attacks.test_races import order_made
from tests.services.gateway.conftest import Answer, Person
from tests.services.gateway.reader import PageReader
from tests.services.gateway.test_issued import PUPILS, SCHOOL
from tests.support.waiting import settles

# Each ends what may be around it, and is alive in HTML, in an attribute, in a template or in typst.
NAME = '"><script>alert(1)</script>{{7*7}}'
CARD = "<img src=x onerror=alert(2)>'-->{%raw%}"
CLASS = '</dd><svg onload="alert(3)">${7*7}'
REMARK = '<a href="javascript:alert(4)">x</a>{{config}}#(7*7)'
ISSUED = "<script>alert(5)</script>{{7*7}}"
# The log shows the first letters of each value.
REASON = "<img src=x onerror=a()>"
RUNS = {"onerror", "onload", "onclick"}


def is_text(page: PageReader, *words: str) -> None:
    """Each stands on the page as it was written, and nothing on the page runs but our own scripts."""
    unmarked = re.sub("</?mark>", "", page.text)
    for each in words:
        assert str(escape(each)) in unmarked, each
        assert each not in unmarked, each
    assert not RUNS & page.attributes
    assert not [link for link in page.links if link.startswith("javascript:")]
    assert not [script for script in page.scripts if not script.get("src") and not script.get("nonce")]


async def spoiled(platform: Platform, application: str) -> None:
    """The record of a candidate as an older import may have left it: no rule has looked at its values."""

    async def written() -> bool:
        async with open_store(platform, "registration", ()) as store:
            vault = load_vault(platform.secrets_dir)
            try:
                async with Repository(store, APPLICATIONS, Application, vault=vault, sealed=SEALED).edit(
                    application
                ) as work:
                    work.state.values |= {"name": NAME, "class_number": CLASS}
                    work.state.ocr[work.state.checks[-1].id] = {"name": Read(CARD, 0.9)}
            except Conflict:
                return False
        return True

    await settles(written)


def text_of(content: bytes) -> str:
    """What a PDF says, without where its lines end."""
    pages = list(pypdfium2.PdfDocument(content))
    return re.sub(r"\s", "", "".join(each.get_textpage().get_text_range() for each in pages))


async def returned(staff: Person, application: str) -> Answer:
    """Send a file back with a remark; the file as it is then."""
    page = await staff.get(f"/staff/files/{application}")
    action = next(form.action for form in page.page.forms if "/return" in form.action)
    await staff.press(page, action, {"reason_code": "other", "remark": REMARK})
    return await staff.get(f"/staff/files/{application}")


async def test_a_candidates_name_and_a_reviewers_remark_are_text_on_every_page(
    people: Sequence[Person], platform: Platform
) -> None:
    candidate, staff = people
    await chosen(candidate, platform, 871)
    application = await order_made(candidate, platform)
    await spoiled(platform, application)
    await signed_in(staff, "admin")
    is_text((await staff.get("/staff/queue")).page, NAME)
    is_text((await staff.get(f"/staff/files/{application}")).page, NAME, CARD, CLASS)
    is_text((await staff.get(f"/staff/files/{application}/seen")).page, NAME, CARD, CLASS)
    is_text((await returned(staff, application)).page, NAME, CARD, CLASS, REMARK)
    is_text((await staff.press(await staff.get("/staff/queue"), "/staff/queue", {"q": NAME})).page, NAME)
    is_text((await staff.get("/staff/money")).page)
    is_text((await candidate.get("/mine")).page, NAME, CLASS, REMARK)
    is_text((await candidate.get("/apply/fill")).page, NAME, CLASS)
    for path in ("/mine/account", "/mine/withdraw", "/payment"):
        is_text((await candidate.get(path)).page)
    async with candidate.session.get(candidate.site + "/mine/registration-form.pdf") as form:
        assert (form.status, form.content_type) == (200, "application/pdf")
        said = text_of(await form.read())
    for each in (NAME, CLASS):
        assert each.replace(" ", "") in said, each


async def test_an_issued_name_and_a_request_to_correct_it_are_text_on_every_page(
    people: Sequence[Person], platform: Platform
) -> None:
    owner, staff = people
    account, page = await pupil(owner, platform, ISSUED, 872)
    is_text(page.page)
    asked = {"name": NAME, "school": CARD, "remark": REMARK, "action": "correction"}
    refused = await owner.post("/first/roll", {**asked, "csrf": csrf_of(page), "remark": "", "school_name": CARD})
    assert refused.status == 400
    is_text(refused.page, NAME, CARD)
    assert (await send(owner, csrf_of(page), "/first/roll", **asked)).status == 303
    is_text((await owner.get("/first/roll")).page)
    token = csrf_of(await signed_in(staff, "admin"))
    is_text((await staff.get(f"/staff/accounts?programme={PUPILS}&school={SCHOOL}")).page, ISSUED)
    is_text((await staff.get(f"/staff/accounts/{account}")).page, ISSUED)
    is_text((await staff.get("/staff/corrections")).page, NAME, CARD, REMARK)
    slip = {"action": "in_person", "reason": REASON, "document": "passport", "csrf": token}
    is_text((await staff.post(f"/staff/accounts/{account}/reset", slip)).page, ISSUED)
    await request_of(platform, NAME)
    is_text((await staff.get("/staff/people")).page, NAME)

    audit = f"/staff/audit?object_id={account}"

    async def told() -> bool:
        return str(escape(REASON)) in (await staff.get(audit)).page.text

    await settles(told)
    is_text((await staff.get(audit)).page, REASON)
    is_text((await staff.get("/staff/audit?" + urlencode({"object_id": NAME, "actor_id": CARD}))).page, NAME, CARD)
