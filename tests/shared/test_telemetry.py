"""Logs say what happened and never to whom; traces go on from request to event."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import telemetry

NUMBER = "11010519491231002X"
PHONE = "13800138000"
PERSONAL = [NUMBER, NUMBER.lower(), "810000199408230021", PHONE, f"+86{PHONE}", f"86{PHONE}"]


def redacted(**entry: Any) -> dict[str, Any]:
    return dict(telemetry.redact(None, "info", entry))


@pytest.mark.parametrize("personal", PERSONAL)
@pytest.mark.parametrize("frame", ["{}", "号码{}不对", "/candidates/{}/card", "n={},", '{{"n": "{}"}}'])
def test_personal_values_are_known_by_their_shape(personal: str, frame: str) -> None:
    text = redacted(event=frame.format(personal), other=frame.format(personal))
    assert personal not in str(text)
    assert personal[-8:] not in str(text)
    assert "[redacted]" in text["event"]


@pytest.mark.parametrize("key", ["name", "id_number", "phone", "password", "token", "cookie", "authorization", "code"])
def test_personal_values_are_known_by_their_key(key: str) -> None:
    assert redacted(event="x", **{key: "张伟"}) == {"event": "x", key: "[redacted]"}


def test_nested_values_are_redacted_too() -> None:
    entry = redacted(event="x", form={"name": "张伟", "rows": [NUMBER, {"phone": PHONE, "n": 1}]}, args=(PHONE, 2))
    assert entry == {
        "event": "x",
        "form": {"name": "[redacted]", "rows": ["[redacted]", {"phone": "[redacted]", "n": 1}]},
        "args": ["[redacted]", 2],
    }


@pytest.mark.parametrize("text", ["order 20260301080000123456", "4200001234567890123456789012", "12800138000", "x"])
def test_other_texts_stay(text: str) -> None:
    assert redacted(event=text, count=3, none=None) == {"event": text, "count": 3, "none": None}


@given(st.text(), st.sampled_from(PERSONAL), st.text())
def test_no_number_survives_among_other_text(before: str, personal: str, after: str) -> None:
    apart = re.compile(r"\d$"), re.compile(r"^[\dXx]")
    if not apart[0].search(before) and not apart[1].search(after):
        assert personal not in redacted(event=before + personal + after)["event"]


LOGGER = """
import logging, structlog
from shared import telemetry
telemetry.set_up_logging()
telemetry.continue_trace("00-" + "a" * 32 + "-" + "b" * 16 + "-01")
structlog.get_logger().info("order_paid", phone="13800138000", order="o1", to=["13800138000"])
for log in (structlog.get_logger(), logging.getLogger("library")):
    try:
        raise ValueError("no candidate 11010519491231002X")
    except ValueError:
        log.exception("failed for 13800138000")
logging.getLogger("library").warning("sent to %s", "13800138000")
"""


def test_every_line_is_json_with_its_trace_and_without_personal_data() -> None:
    ended = subprocess.run([sys.executable, "-c", LOGGER], capture_output=True, text=True, check=True, timeout=60)
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["event"] for line in lines] == [
        "order_paid",
        "failed for [redacted]",
        "failed for [redacted]",
        "sent to [redacted]",
    ]
    assert lines[0]["order"] == "o1"
    assert {line["trace_id"] for line in lines} == {"a" * 32}
    assert "ValueError: no candidate [redacted]" in lines[1]["exception"]
    assert "ValueError: no candidate [redacted]" in lines[2]["exception"]
    assert PHONE not in ended.stderr
    assert NUMBER not in ended.stderr


def test_a_trace_goes_on_with_a_span_of_its_own() -> None:
    async def handle(header: str) -> str:
        telemetry.continue_trace(header)
        await asyncio.sleep(0)
        assert telemetry.traceparent() == telemetry.traceparent()
        return telemetry.traceparent()

    async def both() -> list[str]:
        headers = [f"00-{digit * 32}-{digit * 16}-01" for digit in "ab"]
        return list(await asyncio.gather(*(handle(header) for header in headers)))

    one, two = asyncio.run(both())
    assert one.startswith(f"00-{'a' * 32}-")
    assert two.startswith(f"00-{'b' * 32}-")
    assert "a" * 16 not in one.split("-")[2]


@pytest.mark.parametrize("header", ["", "x", f"00-{'g' * 32}-{'a' * 16}-01", f"00-{'a' * 32}-{'a' * 16}-01\n"])
def test_a_header_that_is_no_trace_begins_a_new_one(header: str) -> None:
    telemetry.continue_trace(header)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", telemetry.traceparent())
    assert "a" * 32 not in telemetry.traceparent()
    assert telemetry.trace_id() == telemetry.traceparent().split("-")[1]


HOLDING_KEYS = """
import logging, structlog
from shared import telemetry
from shared.privacy import Vault
telemetry.set_up_logging()

def fail(vault):
    opened = vault.index_key + b"-opened"
    raise ValueError("failed")

for log in (structlog.get_logger(), logging.getLogger("library")):
    try:
        fail(Vault({"k1": b"1" * 32}, "k1", b"index-key"))
    except ValueError:
        log.exception("failed", stack_info=True)
"""


def test_tracebacks_tell_no_local_variables() -> None:
    ended = subprocess.run([sys.executable, "-c", HOLDING_KEYS], capture_output=True, text=True, check=True, timeout=60)
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["exception"].splitlines()[-1] for line in lines] == ["ValueError: failed"] * 2
    assert "in fail" in lines[0]["exception"]
    for hidden in ("index-key", "1111", "Vault("):
        assert hidden not in ended.stdout + ended.stderr
