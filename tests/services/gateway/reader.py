"""Reads pages as a browser without scripts does: forms with their fields, links, ids, scripts, styles."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]
VOID = frozenset({"input", "img", "br", "link", "meta", "hr", "source", "path", "rect", "circle", "ellipse"})


@dataclass
class Form:
    """A form's target and what it would send if nobody touched it; `choices` are the values that could be chosen."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class PageReader(HTMLParser):
    """One page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.forms: list[Form] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.attributes: set[str] = set()
        self._form: Form | None = None
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = dict(attrs)
        self.attributes |= set(given)
        if given.get("id"):
            self.ids.add(str(given["id"]))
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if tag == "script":
            self.scripts.append(given)
        if tag == "form":
            self._form = Form(given.get("action") or "", (given.get("method") or "get").lower())
            self.forms.append(self._form)
        elif self._form:
            self._control(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "select":
            self._preselect()
            self._select = ""

    def _preselect(self) -> None:
        """A list in which nothing is chosen sends its first choice."""
        if self._form and self._select not in dict(self._form.fields):
            self._form.fields += [(self._select, value) for value in self._form.choices.get(self._select, [])[:1]]

    def _control(self, form: Form, tag: str, given: dict[str, str | None]) -> None:
        name, value = str(given.get("name") or ""), str(given.get("value") or "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.choices.setdefault(self._select, []).append(value)
            if "selected" in given:
                form.fields.append((self._select, value))
        elif tag == "button" and name:
            form.buttons.append((name, value))
        elif tag == "input" and name and "disabled" not in given:
            self._input(form, str(given.get("type") or "text"), name, value, "checked" in given)

    def _input(self, form: Form, kind: str, name: str, value: str, checked: bool) -> None:
        if kind in {"checkbox", "radio"}:
            form.choices.setdefault(name, []).append(value)
            if checked:
                form.fields.append((name, value))
        elif kind not in {"file", "search"}:
            form.fields.append((name, value))

    def form(self, action: str) -> Form:
        """The form that sends to this target."""
        return next(form for form in self.forms if form.action == action and form.method == "post")
