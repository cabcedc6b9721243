"""Every event has a publisher and a consumer: an unroutable one would be published again and again and never leave its
outbox, and a consumer of one that nobody publishes waits for ever.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from shared.events.asyncapi import event_classes
from shared.events.audit import ActionRecorded


def test_every_event_is_handled_by_some_service() -> None:
    handled = {name for main in Path("services").glob("*/main.py") for name in _used(main)}
    unheard = {event.__name__ for event in event_classes()} - handled
    assert not unheard


def test_every_event_is_emitted_by_the_service_in_its_type() -> None:
    own = [event for event in event_classes() if event is not ActionRecorded]
    assert not [event.__name__ for event in own if event.__name__ not in _emitted(event.source())]


@pytest.mark.parametrize("service", ["identity", "registration", "payment"])
def test_every_service_in_which_staff_decide_tells_the_audit_log(service: str) -> None:
    assert "recorded" in _emitted(service)


def _emitted(service: str) -> set[str]:
    """Every name that a service uses beside its table of consumers."""
    modules = Path("services", service).rglob("*.py")
    return {name for module in modules if module.name != "main.py" for name in _used(module)}


def _used(module: Path) -> set[str]:
    """Every name that a module uses (importing it is not using it)."""
    nodes = list(ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
