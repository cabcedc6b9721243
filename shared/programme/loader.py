"""Reads programmes from YAML. Every error names file, line and key, so that an office can mend its own file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError

from shared.programme.model import Programme
from shared.programme.references import broken_references

Location = tuple[str | int, ...]


class ProgrammeInvalid(Exception):
    """The file does not describe a programme; `problems` are lines such as `x.yaml:12: fee.amount_fen: …`."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def load_programmes(folder: Path) -> dict[str, Programme]:
    """All programmes of a folder by id. Raises `ProgrammeInvalid` with the problems of the first bad file."""
    found: dict[str, Programme] = {}
    for path in sorted(folder.glob("*.yaml")):
        programme = load_programme(path)
        if programme.id in found:
            raise ProgrammeInvalid([f"{path.name}:1: id: {programme.id} is another file's id too"])
        found[programme.id] = programme
    return found


def load_programme(path: Path) -> Programme:
    """One programme. Raises `ProgrammeInvalid`."""
    text = path.read_text(encoding="utf-8")
    # libyaml: the parser in Python takes ten times as long, a quarter of a second for the four that are shipped.
    reader = yaml.CSafeLoader(text)
    try:
        root = reader.get_single_node()
        if repeated := [f"{path.name}:{line}: {key} stands here twice" for key, line in _repeated_keys(root)]:
            raise ProgrammeInvalid(repeated)
        content = reader.construct_document(root) if root else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ProgrammeInvalid([f"{path.name}:{line}: {error.problem}"]) from error
    try:
        programme = Programme.model_validate(content)
    except ValidationError as error:
        problems = [(item["loc"], item["msg"]) for item in error.errors(include_url=False)]
        raise ProgrammeInvalid(_told(path, root, problems)) from error
    if broken := broken_references(programme):
        raise ProgrammeInvalid(_told(path, root, broken))
    return programme


def _told(path: Path, root: yaml.Node | None, problems: Sequence[tuple[Location, str]]) -> list[str]:
    lines = [(_line(root, place), ".".join(str(part) for part in place), text) for place, text in problems]
    return [f"{path.name}:{line}: {key or 'programme'}: {text}" for line, key, text in sorted(lines)]


def _line(node: yaml.Node | None, place: Location) -> int:
    """The line of the deepest part of `place` that the file has."""
    line = node.start_mark.line + 1 if node else 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            pair = (node.value[part], node.value[part])
        else:
            pair = None
        if pair is None:
            return line
        line, node = pair[0].start_mark.line + 1, pair[1]
    return line


def _repeated_keys(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _repeated_keys(child)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            if key.value in seen:
                yield key.value, key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated_keys(child)
