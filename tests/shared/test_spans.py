"""Spans: off they are not even imported; on they tell what failed, and never of whom."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from shared import spans, telemetry
from shared.bus import Message, Queue
from shared.bus.local import LocalBus
from shared.consumer import Consumer
from tests.support.aggregates import counted
from tests.support.otlp import Collector, collector

HEADER = f"00-{'a' * 32}-{'b' * 16}-01"
OFF = """
import sys
import services.gateway.main, services.identity.main
print(sorted(name for name in sys.modules if name.startswith(("opentelemetry", "google.protobuf", "requests"))))
"""


def letter(subject: str = "x", traceparent: str = HEADER) -> Message:
    event = counted(subject, 1)
    now = datetime.now(UTC).isoformat()
    body = event.model_dump_json().encode()
    return Message(event.event_id, event.TYPE, event.source(), subject, now, body, traceparent)


def test_where_nobody_asks_for_spans_nothing_of_them_is_loaded() -> None:
    ended = subprocess.run([sys.executable, "-c", OFF], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.strip() == "[]"


async def test_without_an_endpoint_a_block_only_continues_its_trace() -> None:
    async with spans.exported(""):
        with spans.span("server", "GET /", {}, service="tally", parent=HEADER) as note:
            note({"http.response.status_code": 200})
            assert telemetry.trace_id() == "a" * 32


async def test_a_span_goes_on_with_the_trace_that_logs_and_messages_carry() -> None:
    with collector() as collected:
        async with spans.exported(collected.endpoint):
            with spans.span("server", "GET /", {"http.route": "/"}, service="tally", parent=HEADER):
                within = telemetry.traceparent()
                with spans.span("client", "GET peer", {}):
                    called = telemetry.traceparent()
                assert telemetry.traceparent() == within
    outer, inner = collected.named("tally", "GET /")[0], collected.named("tally", "GET peer")[0]
    assert (outer.trace, outer.parent, outer.kind) == ("a" * 32, "b" * 16, "server")
    assert (inner.trace, inner.parent, inner.kind) == ("a" * 32, outer.id, "client")
    assert within == f"00-{outer.trace}-{outer.id}-01"
    assert called == f"00-{inner.trace}-{inner.id}-01"
    assert outer.attributes == {"http.route": "/"}


async def test_a_header_that_is_no_trace_begins_one() -> None:
    with collector() as collected:
        async with spans.exported(collected.endpoint):
            with spans.span("server", "GET /", {}, service="tally", parent="x"):
                pass
    assert collected.spans[0].parent == ""


async def test_what_raises_is_marked_with_the_class_of_its_error_and_nothing_more() -> None:
    async def refuse(_: object) -> None:
        raise LookupError("no candidate 11010519491231002X")

    with collector() as collected:
        async with spans.exported(collected.endpoint):
            consumer = Consumer("tally.counts", {type(counted("x", 1)): refuse})
            with pytest.raises(LookupError):
                await consumer.handle(letter())
    span = collected.named("tally", "process tally.counted.v1")[0]
    assert (span.failed, span.attributes["error.type"]) == (True, "LookupError")
    assert "11010519491231002X" not in str(collected.spans)


async def test_each_published_message_carries_its_own_span_and_an_unroutable_one_has_failed() -> None:
    handled: list[Message] = []

    async def keep(message: Message) -> None:
        handled.append(message)

    with collector() as collected:
        async with spans.exported(collected.endpoint), LocalBus.open(":memory:") as bus:
            stray = Message("s", "tally.unknown.v1", "tally", "x", "", b"{}", HEADER)
            await bus.subscribe(Queue("tally.counts", ("tally.counted.v1",)), keep)
            assert await spans.publish(bus, [letter(), stray]) == [True, False]
    sent, lost = (collected.named("tally", f"send {kind}")[0] for kind in ("tally.counted.v1", "tally.unknown.v1"))
    assert (sent.trace, sent.parent, sent.failed) == ("a" * 32, "b" * 16, False)
    assert (lost.failed, lost.attributes["error.type"]) == (True, "unconfirmed")
    assert [message.traceparent for message in handled] == [f"00-{sent.trace}-{sent.id}-01"]


async def test_an_absent_collector_keeps_nobody_from_work_or_from_ending() -> None:
    with collector() as gone:
        endpoint = gone.endpoint
    async with spans.exported(endpoint):
        with spans.span("server", "GET /", {}, service="tally", parent=""):
            pass
    assert isinstance(gone, Collector)
    assert gone.spans == []
