"""Languages: Babel catalogues read from .po at start, the language of the request, texts by error code.

The source language is Chinese: a text's msgid is its Chinese wording. Codes (`errors.<code>`, `retake.<code>` …) have
an entry in both catalogues.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = {"zh-CN": "简体中文", "en": "English"}
DEFAULT = "zh-CN"
FOLDER = Path(__file__).parent / "locale"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT)


def load(folder: Path = FOLDER) -> dict[str, dict[str, str]]:
    """Read the catalogues: language → msgid → text."""
    return {language: _read(folder / language.replace("-", "_")) for language in LANGUAGES}


def _read(folder: Path) -> dict[str, str]:
    with (folder / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


CATALOGUES = load()


def use(language: str) -> None:
    """Speak this language for the rest of the request."""
    _language.set(language if language in LANGUAGES else DEFAULT)


def language() -> str:
    """The language of the request being answered."""
    return _language.get()


def text(message: str) -> str:
    """A text in the language of the request; the msgid itself where there is no entry."""
    return CATALOGUES[_language.get()].get(message, message)


def plural(one: str, many: str, number: int) -> str:
    """gettext's ngettext; Chinese has no plural and English texts are worded without one."""
    return text(one if number == 1 else many)


def by_code(family: str, code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence for a code, such as `errors` + `captcha.wrong`; a general one for a code nobody worded."""
    catalogue = CATALOGUES[_language.get()]
    found = catalogue.get(f"{family}.{code}") or catalogue.get(f"{family}.other", code)
    known = _Lenient(code=code, **(params or {}))
    if "seconds" in known:
        known["minutes"] = max(1, -(-int(known["seconds"]) // 60))
    return found.format_map(known)


def chosen(value: Any) -> str:
    """A text that a programme gives in both languages ({"zh": …, "en": …})."""
    if isinstance(value, Mapping):
        return str(value.get(_language.get().partition("-")[0]) or value["zh"])
    return "" if value is None else str(value)


class _Lenient(dict[str, Any]):
    """A sentence with a placeholder that the refusal did not fill is still readable."""

    def __missing__(self, key: str) -> str:
        return "…"
