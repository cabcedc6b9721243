"""The gateway on top of the real services (all but vision), in one process; and a person with a script-less browser."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
import pytest
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from yarl import URL

from deploy.local.demo.seed import PROGRAMME, SEED, TABLES
from deploy.local.make_secrets import make_all
from deploy.local.peers import LAUNCHER, peer
from services.documents.main import service as documents
from services.gateway.main import service as gateway
from services.identity.domain.captcha import CAPTCHA_DIGITS
from services.identity.main import service as identity
from services.notify.main import service as notify
from services.payment.main import service as payment
from services.registration.main import service as registration
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import Platform
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, DESKTOP, PATIENCE_MS
from tests.services.gateway.reader import PageReader
from tests.support.platform import platform_in_thread

SERVICES = (identity, registration, payment, documents, notify, gateway)
STAFF_PASSWORD = "a-long-enough-one"
ID_NUMBER, NAME, PHONE = "140213200706189846", "胡思欣", "13911110000"


@dataclass
class Answer:
    """A page as it came, after the redirects."""

    status: int
    url: str
    headers: Mapping[str, str]
    page: PageReader


@dataclass
class Person:
    """Somebody with a browser that runs no scripts; remembers every address it asked for."""

    session: aiohttp.ClientSession
    site: str
    asked: list[str] = field(default_factory=list)

    async def get(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, data: object, **headers: str) -> Answer:
        """Send a form."""
        return await self._ask("POST", path, data, {"Origin": self.site, **headers})

    async def press(self, answer: Answer, action: str, changes: Mapping[str, str] | None = None) -> Answer:
        """Send a form of a page as it stands, with some fields filled in otherwise."""
        form = answer.page.form(action)
        fields = [(name, value) for name, value in form.fields if name not in (changes or {})]
        return await self.post(action or answer.url, [*fields, *(changes or {}).items()], Referer=answer.url)

    async def _ask(self, method: str, path: str, data: object, headers: Mapping[str, str]) -> Answer:
        url = path if path.startswith("http") else self.site + path
        async with self.session.request(method, url, data=data, headers=headers) as answer:
            self.asked += [str(step.url) for step in (*answer.history, answer)]
            text = await answer.text() if answer.content_type == "text/html" else ""
            return Answer(answer.status, str(answer.url), answer.headers, PageReader(text))

    @property
    def cookie(self) -> str:
        """The session cookie, empty without a session."""
        found = self.session.cookie_jar.filter_cookies(URL(self.site)).get("__Host-baokao")
        return found.value if found else ""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("gateway")
    make_all(folder / "secrets", "demo")
    with platform_in_thread(folder, SERVICES) as running:
        yield running


@pytest.fixture(scope="module")
async def _filled(platform: Platform) -> None:
    async with peer(platform, "registration") as registration:
        for table in TABLES:
            content = (SEED / f"{table}.csv").read_bytes()
            await registration.raw("POST", f"/imports/{table}", LAUNCHER, data=content, params={"programme": PROGRAMME})
    staff = {"reviewer": ["reviewer"], "finance": ["finance"], "admin": ["admin", "reviewer", "finance"]}
    async with peer(platform, "identity") as identity:
        for login, roles in staff.items():
            body = {"login": login, "display": "演示", "password": STAFF_PASSWORD, "roles": roles, "scope": {}}
            await identity.json("POST", "/staff", LAUNCHER, body=body)


@pytest.fixture
async def people(platform: Platform, _filled: None) -> AsyncIterator[Sequence[Person]]:
    """Two people, each with a browser of their own."""
    # Cookies are Secure; browsers count this machine as a secure origin, the client has to be told.
    jars = [aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(platform.site)) for _ in range(2)]
    sessions = [aiohttp.ClientSession(cookie_jar=jar) for jar in jars]
    yield [Person(session, platform.site) for session in sessions]
    for session in sessions:
        await session.close()


@pytest.fixture
def person(people: Sequence[Person]) -> Person:
    return people[0]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        yield await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@pytest.fixture
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """The browser of all tests, with no page left open after this one."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


@pytest.fixture
async def context(browser: Browser, platform: Platform, _filled: None) -> BrowserContext:
    opened = await browser.new_context(base_url=platform.site, viewport=DESKTOP, locale="zh-CN")
    opened.set_default_timeout(PATIENCE_MS)
    return opened


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A page on which nothing may be complained of: no script error, nothing that the policy blocks."""
    opened, complaints = await context.new_page(), list[str]()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    story = _listen(opened)
    yield opened
    # Shown for a test that has failed.
    print("\n".join(story))  # noqa: T201
    assert complaints == []


def _listen(page: Page) -> list[str]:
    """What the page asks for and where it goes, as it happens."""
    story, began = list[str](), time.monotonic()

    def note(what: str) -> None:
        story.append(f"{time.monotonic() - began:7.3f} {what}")

    page.on("request", lambda asked: note(f"{asked.method} {asked.url}"))
    page.on("requestfailed", lambda asked: note(f"failed {asked.failure} {asked.method} {asked.url}"))
    page.on("response", lambda answer: note(f"{answer.status} {answer.request.method} {answer.url}"))
    page.on("framenavigated", lambda frame: note(f"at {frame.url}"))
    page.on("console", lambda said: note(f"console {said.text}"))
    return story


def photo(width: int = 480, height: int = 640) -> bytes:
    """A picture that is one, of nobody."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(out, "JPEG")
    return out.getvalue()


async def captcha_text(platform: Platform, captcha_id: str) -> str:
    """The digits of a captcha, found by trying all against the stored keyed hash."""
    async with open_store(platform, "identity", ()) as store:
        document = await store.get("captchas", captcha_id)
    assert document is not None
    vault = load_vault(platform.secrets_dir)
    texts = (f"{number:0{CAPTCHA_DIGITS}}" for number in range(10**CAPTCHA_DIGITS))
    return next(text for text in texts if vault.blind("captcha", f"{captcha_id}|{text}") == document["answer"])
