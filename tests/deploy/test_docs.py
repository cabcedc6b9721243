"""Reference documents made from the code are in step with it."""

import json
import re

from deploy import ROOT
from deploy.local import settings_reference
from deploy.local.cli import app
from shared.events import asyncapi


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


def test_every_command_that_the_documents_show_exists() -> None:
    commands = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        shown = set(re.findall(r"\./baokao ([a-z]+)", page.read_text()))
        assert shown <= commands, page.relative_to(ROOT)
