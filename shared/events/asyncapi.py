"""AsyncAPI 3.0 from the event classes: `./baokao docs events`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import shared.events
from shared.events.base import Event

ADDRESS = "baokao.events"


def event_classes() -> list[type[Event]]:
    """Every event of the platform, by type."""
    for module in pkgutil.iter_modules(shared.events.__path__):
        importlib.import_module(f"shared.events.{module.name}")
    # Tests have events of their own.
    ours = (event for event in _below(Event) if event.__module__.startswith(shared.events.__name__))
    return sorted(ours, key=lambda event: event.TYPE)


def describe() -> dict[str, Any]:
    """The document: one channel and one send operation per event type on the topic exchange."""
    events = event_classes()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "baokao events",
            "version": "1",
            "description": f"Topic exchange `{ADDRESS}`; CloudEvents 1.0 attributes in `ce-` headers.",
        },
        "defaultContentType": "application/json",
        "channels": {event.TYPE: _channel(event) for event in events},
        "operations": {f"send.{event.TYPE}": _operation(event) for event in events},
        "components": {
            "messages": {event.TYPE: _message(event) for event in events},
            "schemas": _shared_schemas(events),
        },
    }


def _below(parent: type[Event]) -> set[type[Event]]:
    # `urgent` events extend their ordinary form, so subclasses of subclasses count too.
    children = set(parent.__subclasses__())
    return children.union(*(_below(child) for child in children))


def _channel(event: type[Event]) -> dict[str, Any]:
    reference = {"$ref": f"#/components/messages/{_pointer(event.TYPE)}"}
    amqp = {"is": "routingKey", "exchange": {"name": ADDRESS, "type": "topic", "durable": True}}
    return {"address": event.TYPE, "messages": {"event": reference}, "bindings": {"amqp": amqp}}


def _operation(event: type[Event]) -> dict[str, Any]:
    channel = {"$ref": f"#/channels/{_pointer(event.TYPE)}"}
    return {"action": "send", "channel": channel, "tags": [{"name": event.source()}]}


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.TYPE,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip().replace("\n    ", " "),
        "payload": {key: value for key, value in _schema(event).items() if key != "$defs"},
    }


def _schema(event: type[Event]) -> dict[str, Any]:
    return event.model_json_schema(ref_template="#/components/schemas/{model}")


def _shared_schemas(events: list[type[Event]]) -> dict[str, Any]:
    return {name: schema for event in events for name, schema in _schema(event).get("$defs", {}).items()}


def _pointer(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")
