"""Uploads: made safe, bounded, and readable only by their owner or with a grant."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from PIL import Image
from pydantic import BaseModel

from services.documents import api, domain
from services.documents.domain import SafePicture, Upload
from services.documents.pillow import make_safe
from shared.errors import DomainError, Kind
from shared.files import Files, open_files
from shared.http import ServiceClient, application
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from shared.tokens import Actor, Tokens

TOKENS = Tokens(b"k" * 32)
OWNER = Actor("anonymous", "owner")


class Bench(BaseModel):
    """A running service and the storage behind it."""

    model_config = {"arbitrary_types_allowed": True}

    client: ServiceClient
    files: Files


@pytest.fixture
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    files = open_files("", tmp_path_factory.mktemp("files"))

    async def safely(content: bytes) -> SafePicture:
        return make_safe(content)

    async with SqliteStore.open(":memory:") as store:
        uploads = Repository(store, "uploads", Upload)
        routes = api.routes(uploads=uploads, files=files, make_safe=safely, tokens=TOKENS)
        async with TestServer(application("documents", routes, tokens=TOKENS)) as server, ClientSession() as session:
            base = str(server.make_url("")).rstrip("/")
            yield Bench(client=ServiceClient(session, base, "documents", TOKENS), files=files)


def picture(mode: str = "RGB", size: tuple[int, int] = (400, 300), form: str = "JPEG", **options: object) -> bytes:
    """A drawn picture as bytes."""
    out = io.BytesIO()
    Image.new(mode, size).save(out, form, **options)
    return out.getvalue()


async def send(bench: Bench, content: bytes) -> dict[str, object]:
    """Upload as the owner."""
    _, view = await bench.client.raw("POST", "/uploads?kind=portrait", OWNER, data=content)
    assert isinstance(view, dict)
    return view


async def test_a_picture_comes_back_without_its_metadata_and_upright(bench: Bench) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by 90 degrees
    exif[0x010F] = "SecretPhone"
    view = await send(bench, picture(exif=exif))
    _, content = await bench.client.raw("GET", f"/uploads/{view['id']}", OWNER)
    assert b"SecretPhone" not in content
    assert Image.open(io.BytesIO(content)).size == (300, 400) == (view["width"], view["height"])


@pytest.mark.parametrize(
    ("mode", "form"), [("RGBA", "PNG"), ("L", "PNG"), ("P", "PNG"), ("I;16", "PNG"), ("CMYK", "JPEG"), ("1", "PNG")]
)
async def test_every_ordinary_colour_mode_is_taken(bench: Bench, mode: str, form: str) -> None:
    view = await send(bench, picture(mode, form=form))
    _, content = await bench.client.raw("GET", f"/uploads/{view['id']}", OWNER)
    assert Image.open(io.BytesIO(content)).mode == "RGB"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "upload.empty"),
        (b"GIF89a" + b"0" * 100, "upload.type"),
        (b"<html>not a picture</html>", "upload.type"),
        (picture()[:200], "upload.damaged"),
        (domain.PNG_MAGIC + b"garbage", "upload.damaged"),
        (picture("1", (6000, 6000), "PNG"), "upload.pixels"),
        (picture(size=(50, 400)), "upload.too_small"),
        (domain.JPEG_MAGIC + b"0" * domain.MAX_BYTES, "upload.bytes"),
    ],
)
async def test_what_is_not_a_usable_picture_is_refused_by_name(bench: Bench, content: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        await send(bench, content)
    assert refused.value.code == code


async def test_another_person_does_not_see_it_but_a_grant_opens_it(bench: Bench) -> None:
    view = await send(bench, picture())
    stranger = Actor("candidate", "stranger")
    with pytest.raises(DomainError) as refused:
        await bench.client.raw("GET", f"/uploads/{view['id']}", stranger)
    assert refused.value.kind == Kind.NOT_FOUND
    grant = TOKENS.grant(f"upload:{view['id']}")
    headers, _ = await bench.client.raw("GET", f"/uploads/{view['id']}?grant={grant}", stranger)
    assert headers["Content-Type"] == "image/jpeg"
    other = TOKENS.grant("upload:another")
    with pytest.raises(DomainError) as denied:
        await bench.client.raw("GET", f"/uploads/{view['id']}?grant={other}", stranger)
    assert denied.value.kind == Kind.UNAUTHENTICATED


async def test_a_sheet_is_a_pdf_that_holds_rare_characters(bench: Bench) -> None:
    body = {"title": "准考证", "rows": [["姓名", "𠮷䶮"]], "notes": ["带身份证"]}
    _, content = await bench.client.raw("POST", "/pdf", Actor("service", "gateway"), json=body)
    assert content.startswith(b"%PDF-")
