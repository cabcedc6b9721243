"""生僻字: characters that a keyboard may not offer, found by their reading (pypinyin's table) for names on ID cards."""

from __future__ import annotations

import os
from collections import defaultdict
from functools import lru_cache

MOST = 400
BASIC_BLOCK = range(0x4E00, 0xA000)


def rare_characters(reading: str) -> list[str]:
    """Characters outside GB 2312 with this reading, without tones ("yan"); the commonest plane first."""
    return _by_reading().get(reading.strip().lower().replace("ü", "v"), [])[:MOST]


@lru_cache(maxsize=1)
def _by_reading() -> dict[str, list[str]]:
    # Its table of phrases, 45 MiB, is for sentences; and most processes are never asked for a character.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "yes")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "yes")
    from pypinyin.constants import PINYIN_DICT
    from pypinyin.contrib.tone_convert import to_normal

    found: dict[str, list[str]] = defaultdict(list)
    for code, readings in sorted(PINYIN_DICT.items(), key=lambda item: (item[0] not in BASIC_BLOCK, item[0])):
        character = chr(code)
        if _is_common(character):
            continue
        for reading in {to_normal(toned) for toned in readings.split(",")}:
            found[reading].append(character)
    return dict(found)


def _is_common(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
