"""Printable PDFs by typst: one sheet for every document, data as JSON, the Noto CJK fonts of the system package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst

SHEET = Path(__file__).parent / "sheet.typ"
FONTS = (Path("/usr/share/fonts/opentype/noto"),)


def typeset(data: dict[str, Any]) -> bytes:
    """One PDF (tagged, fonts embedded) of `sheet.typ` filled with `data`."""
    return bytes(
        typst.compile(
            str(SHEET),
            root=str(SHEET.parent),
            font_paths=[str(path) for path in FONTS],
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    )
