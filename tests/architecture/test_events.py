"""Every event has a consumer: an unroutable one would be published again and again and never leave its outbox."""

from __future__ import annotations

import ast
from pathlib import Path

from shared.events.asyncapi import event_classes


def test_every_event_is_handled_by_some_service() -> None:
    handled = {name for main in Path("services").glob("*/main.py") for name in _used(main)}
    unheard = {event.__name__ for event in event_classes()} - handled
    assert not unheard


def _used(main: Path) -> set[str]:
    """Every name that a main module uses (importing it is not using it)."""
    nodes = list(ast.walk(ast.parse(main.read_text(encoding="utf-8"))))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
