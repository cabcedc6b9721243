"""Reference documents made from the code are in step with it."""

import json
import re

from deploy import ROOT
from deploy.local import settings_reference
from deploy.local.cli import app
from shared.events import asyncapi
from tests.architecture.source import sources


def test_every_setting_is_listed() -> None:
    assert (ROOT / ".env.example").read_text() == settings_reference.render(), "run ./baokao docs settings"


def test_every_event_is_listed() -> None:
    listed = json.loads((ROOT / "docs" / "reference" / "events.json").read_text())
    assert listed == asyncapi.describe(), "run ./baokao docs events"


def test_every_reference_of_the_events_leads_somewhere() -> None:
    document = asyncapi.describe()
    pointers = set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)))
    assert pointers
    for pointer in pointers:
        found = document
        for part in pointer.split("/"):
            assert part in found, pointer
            found = found[part]


def test_every_link_between_documents_leads_somewhere() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} → {target}"


def test_every_test_that_the_documents_name_exists() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        for named in re.findall(r"`(tests/[\w/]+\.py)`", page.read_text()):
            assert (ROOT / named).is_file(), f"{page.relative_to(ROOT)} → {named}"


def test_every_promise_that_is_cited_is_one_of_the_numbered() -> None:
    page = ROOT / "docs" / "why" / "security.md"
    promises = set(re.findall(r"^\| (\d+)", page.read_text(), re.MULTILINE))
    texts = {source.path: source.text for source in sources() if source.path != "tests/deploy/test_docs.py"}
    texts |= {file.name: file.read_text() for file in (ROOT / "docs" / "adr").glob("*.md")}
    for path, text in texts.items():
        for cited in re.findall(r"security\.md((?:,? (?:and )?\d+\b(?!\.\d))*)", text):
            numbers = set(re.findall(r"\d+", cited))
            assert numbers, path
            assert numbers <= promises, path


def test_every_command_that_the_documents_show_exists() -> None:
    commands = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        shown = set(re.findall(r"\./baokao ([a-z]+)", page.read_text()))
        assert shown <= commands, page.relative_to(ROOT)
