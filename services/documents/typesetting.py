"""Printable PDFs by typst: templates in templates/, data as JSON, the Noto CJK fonts of the system package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst

TEMPLATES = Path(__file__).parent / "templates"
FONTS = (Path("/usr/share/fonts/opentype/noto"),)


def typeset(template: str, data: dict[str, Any]) -> bytes:
    """One PDF (tagged, fonts embedded) of `templates/<template>.typ` filled with `data`."""
    return bytes(
        typst.compile(
            str(TEMPLATES / f"{template}.typ"),
            root=str(TEMPLATES),
            font_paths=[str(path) for path in FONTS],
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    )
