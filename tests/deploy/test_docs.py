"""Reference documents made from the code are in step with it."""

import json
import re

from deploy import ROOT
from deploy.local import settings_reference
from shared.events import asyncapi


def test_every_setting_is_listed() -> None:
    assert (ROOT / ".env.example").read_text() == settings_reference.render(), "run ./baokao docs settings"


def test_every_event_is_listed() -> None:
    listed = json.loads((ROOT / "docs" / "reference" / "events.json").read_text())
    assert listed == asyncapi.describe(), "run ./baokao docs events"


def test_every_reference_of_the_events_leads_somewhere() -> None:
    document = asyncapi.describe()
    for pointer in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        found = document
        for part in pointer.split("/"):
            found = found[part]
