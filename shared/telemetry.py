"""Logs (structlog JSON, redacted), trace context (W3C), metrics (Prometheus). Business code calls none of it."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram

_trace: ContextVar[str] = ContextVar("traceparent", default="")

# 18-digit ID numbers, mobile numbers and anything that looks like a bearer token never reach a log (security.md 17).
_PERSONAL = re.compile(r"(?<!\d)(\d{17}[\dXx]|(86)?1[3-9]\d{9})(?!\d)|eyJ[\w-]{8,}\.[\w-]+\.[\w-]+")
_PERSONAL_KEYS = frozenset({"name", "id_number", "phone", "password", "token", "cookie", "authorization", "code"})

HTTP_SECONDS = Histogram("baokao_http_seconds", "Time to answer a request", ["service", "route", "method", "status"])
EVENTS_HANDLED = Counter("baokao_events_handled_total", "Events handled", ["queue", "type", "outcome"])
EVENT_SECONDS = Histogram("baokao_event_seconds", "Time to handle an event", ["queue", "type"])
EVENTS_PUBLISHED = Counter("baokao_events_published_total", "Events published", ["type", "outcome"])
MESSAGES = Counter("baokao_messages_total", "Messages handed to a channel, and their reports", ["channel", "outcome"])
MESSAGE_SECONDS = Histogram("baokao_message_seconds", "Time a channel takes to answer", ["channel"])
OUTBOX_PENDING = Gauge("baokao_outbox_pending", "Documents with events to publish at the last sweep", ["collection"])


def traceparent() -> str:
    """The W3C trace context of what is being done now; begins a new trace when there is none."""
    current = _trace.get()
    if not current:
        current = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
        _trace.set(current)
    return current


def continue_trace(header: str) -> None:
    """Go on with the trace of an incoming request or event; begins a new one when the header is not valid."""
    if re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", header or ""):
        trace_id = header.split("-")[1]
        _trace.set(f"00-{trace_id}-{secrets.token_hex(8)}-01")
    else:
        _trace.set("")
        traceparent()


@contextmanager
def tracing(header: str) -> Iterator[None]:
    """Have `header` be the trace context inside the block."""
    before = _trace.set(header)
    try:
        yield
    finally:
        _trace.reset(before)


def trace_id() -> str:
    """32 hexadecimal digits, shown to people on error pages so that staff can find the log lines."""
    return traceparent().split("-")[1]


def redact(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: personal values become `[redacted]`, by key and by shape."""
    for key, value in entry.items():
        entry[key] = "[redacted]" if key in _PERSONAL_KEYS else _redacted(value)
    return entry


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return _PERSONAL.sub("[redacted]", value)
    if isinstance(value, dict):
        return redact(None, "", {str(key): each for key, each in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(each) for each in value]
    return value


def _add_trace(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if _trace.get():
        entry["trace_id"] = trace_id()
    return entry


def set_up_logging(level: str = "INFO") -> None:
    """JSON lines on standard error, for our code and for libraries that use `logging`."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
        structlog.processors.format_exc_info,
        redact,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
