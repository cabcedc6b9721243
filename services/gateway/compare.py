"""What the card says against what was typed, with the differing characters marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from markupsafe import Markup, escape

from services.gateway.locales import chosen


@dataclass(frozen=True)
class Row:
    """One field: what was typed, what was read, how sure the reading is (0..1)."""

    field: str
    title: Any
    typed: Markup
    read: Markup
    differs: bool
    confidence: float | None


def compared(programme: Mapping[str, Any], view: Mapping[str, Any]) -> list[Row]:
    """A row for every field of the form that the card knows as well; whether it differs is the service's word."""
    identity = view.get("identity") or {}
    read = identity.get("fields") or {}
    differing = {each["field"] for each in identity.get("differences") or []}
    return [
        _row(field, view["values"].get(field["id"], ""), read.get(field["card_field"]) or {}, field["id"] in differing)
        for field in programme["fields"]
        if field.get("card_field")
    ]


def _row(field: Mapping[str, Any], typed: str, read: Mapping[str, Any], differs: bool) -> Row:
    named = {option["id"]: chosen(option["title"]) for option in field.get("options") or ()}
    left, right = named.get(typed, typed), read.get("text") or ""
    shown = marked(left, right) if differs else (escape(left), escape(right))
    return Row(field["id"], field["title"], *shown, differs, read.get("confidence"))


def marked(left: str, right: str) -> tuple[Markup, Markup]:
    """Both texts with `<mark>` around what the other one lacks; upper and lower case count as the same."""
    if not left or not right:
        return escape(left), escape(right)
    parts: tuple[list[Markup], list[Markup]] = ([], [])
    matcher = SequenceMatcher(None, left.casefold(), right.casefold(), autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        for part, piece in zip(parts, (left[a:b], right[c:d]), strict=True):
            if piece:
                part.append(escape(piece) if tag == "equal" else Markup("<mark>{}</mark>").format(piece))
    return Markup("").join(parts[0]), Markup("").join(parts[1])
