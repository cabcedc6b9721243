"""Which parts of the form may be others once a field has changed: only those are drawn again, so that an answer that
comes late cannot take away what was chosen elsewhere meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Spec = Mapping[str, Any]

# Names that conditions use and that follow from a field of this kind (shared/programme/fields.py).
FOLLOWS = {"school": "school_kind", "choice": "cohort", "id_number": "registration"}


def after(programme: Mapping[str, Any], changed: Iterable[str]) -> tuple[list[Spec], list[Spec]]:
    """The fields and the materials that depend on the changed fields; fields come in the order of the form."""
    given = set(changed)
    moved = set(given)
    fields = []
    for field in programme["fields"]:
        if field["id"] not in given and _depends(field, moved):
            fields.append(field)
            moved.add(field["id"])
        if field["id"] in moved and field["kind"] in FOLLOWS:
            moved.add(FOLLOWS[field["kind"]])
    return fields, [material for material in programme["materials"] if moved & set(material.get("when") or ())]


def _depends(field: Spec, moved: set[str]) -> bool:
    return bool(moved & {field.get("parent"), field.get("derived_from"), *(field.get("when") or ())})
