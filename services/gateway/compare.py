"""What the card says against what was typed, with the differing characters marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from markupsafe import Markup, escape


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
    """A row for every field of the form that the card knows as well."""
    read = (view.get("identity") or {}).get("fields") or {}
    shown = view.get("shown") or {}
    return [
        _row(field, str(shown.get(field["id"]) or view["values"].get(field["id"], "")), read.get(field["card_field"]))
        for field in programme["fields"]
        if field.get("card_field")
    ]


def _row(field: Mapping[str, Any], typed: str, found: Any) -> Row:
    text = str((found.get("text") if isinstance(found, Mapping) else found) or "")
    confidence = found.get("confidence") if isinstance(found, Mapping) else None
    left, right = marked(typed, text)
    differs = bool(text) and text.casefold() != typed.casefold()
    return Row(field["id"], field["title"], left, right, differs, confidence)


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
