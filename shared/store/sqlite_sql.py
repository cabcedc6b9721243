"""SQL text for sqlite.py. Names and paths are checked (paging.py) before they come into it; values are bound."""
# ruff: noqa: S608 - see above

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.store import Index, Query, Range
from shared.store.paging import Order, Position, Stretch, checked_field, checked_scalar

Conditions = tuple[list[str], list[Any]]

_COMPARISONS = {"above": ">", "at_least": ">=", "below": "<", "at_most": "<="}

_ONLY_NULLS = (Stretch.NULLS, Stretch.NULLS_BEYOND)

CLAIMS = "CREATE TABLE IF NOT EXISTS _claims (id TEXT PRIMARY KEY, owner TEXT NOT NULL)"
# The update that changes nothing is what makes RETURNING tell the holder that was there first.
TABLES = r"SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB '[a-z]*' AND name NOT GLOB 'sqlite_*'"

CLAIM = "INSERT INTO _claims VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET owner = owner RETURNING owner"
RELEASE = "DELETE FROM _claims WHERE id = ? AND owner = ?"
HOLDER = "SELECT owner FROM _claims WHERE id = ?"


def schema(collection: str) -> list[str]:
    """The table of a collection and the index that the relay's sweeper reads."""
    pending = expression("pending")
    return [
        f'CREATE TABLE IF NOT EXISTS "{collection}" '
        "(id TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL)",
        f'CREATE INDEX IF NOT EXISTS "{collection}.pending" ON "{collection}" (id) WHERE {pending} = 1',
    ]


def index(wanted: Index) -> str:
    """An index on the fields and the tie-breaker, named after them so that a changed one is a new one."""
    name = f"{wanted.collection}.{','.join(wanted.fields)}"
    columns = ", ".join([*(expression(path) for path in wanted.fields), "id"])
    return f'CREATE INDEX IF NOT EXISTS "{name}" ON "{wanted.collection}" ({columns})'


def insert(collection: str) -> str:
    """Parameters: id, version, body."""
    return f'INSERT INTO "{collection}" VALUES (?, ?, ?)'


def get(collection: str) -> str:
    """Parameter: id."""
    return f'SELECT body FROM "{collection}" WHERE id = ?'


def replace(collection: str) -> str:
    """Parameters: new version, body, id, stored version."""
    return f'UPDATE "{collection}" SET version = ?, body = ? WHERE id = ? AND version = ?'


def delete(collection: str) -> str:
    """Parameters: id, stored version or None for any."""
    return f'DELETE FROM "{collection}" WHERE id = ?1 AND version = ifnull(?2, version)'


def count(collection: str, equal: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """How many documents match."""
    conditions, values = _matching(equal, {})
    return f'SELECT count(*) FROM "{collection}" WHERE {" AND ".join(conditions)}', values


def select(
    collection: str, query: Query, stretch: Stretch, start: Position | None, limit: int
) -> tuple[str, list[Any]]:
    """At most `limit` documents of one stretch, in order."""
    order = Order.of(query.sort)
    conditions, values = _matching(query.equal, query.ranges)
    more, bound = _stretch(order, stretch, start)
    direction = "DESC" if order.descending else "ASC"
    # Among nulls only the id orders; naming the field as well would make SQLite sort what the index has in order.
    keys = ["id"] if stretch in _ONLY_NULLS else dict.fromkeys([expression(order.field), "id"])
    ordering = ", ".join(f"{key} {direction}" for key in keys)
    where = " AND ".join([*conditions, *more])
    return f'SELECT body FROM "{collection}" WHERE {where} ORDER BY {ordering} LIMIT ?', [*values, *bound, limit]


def expression(path: str) -> str:
    """What a field is in SQL: literally the same text in indexes and queries, or the index is not used."""
    if path == "_id":
        return "id"
    steps = ".".join(f'"{name}"' for name in checked_field(path).split("."))
    return f"json_extract(body, '$.{steps}')"


def _matching(equal: Mapping[str, Any], ranges: Mapping[str, Range]) -> Conditions:
    conditions, values = ["1"], []
    for path, value in equal.items():
        text, bound = _equals(expression(path), value)
        conditions.append(text)
        values += bound
    for path, bounds in ranges.items():
        for name, comparison in _COMPARISONS.items():
            if (bound_value := getattr(bounds, name)) is not None:
                conditions.append(f"{expression(path)} {comparison} ?")
                values.append(checked_scalar(bound_value))
    return conditions, values


def _equals(field: str, value: Any) -> tuple[str, list[Any]]:
    if isinstance(value, tuple):
        values = [checked_scalar(each) for each in value if each is not None]
        text = f"{field} IN ({', '.join('?' * len(values))})"
        return (f"({text} OR {field} IS NULL)" if None in value else text), values
    if value is None:
        return f"{field} IS NULL", []
    if isinstance(value, bool):
        # Spelt out, because a bound parameter cannot select the partial index on `pending`.
        return f"{field} = {int(value)}", []
    return f"{field} = ?", [checked_scalar(value)]


def _stretch(order: Order, stretch: Stretch, start: Position | None) -> Conditions:
    field, beyond = expression(order.field), "<" if order.descending else ">"
    if stretch is Stretch.NULLS:
        return [f"{field} IS NULL"], []
    if stretch is Stretch.VALUES:
        return [f"{field} IS NOT NULL"], []
    if start is None or stretch is Stretch.ALL:
        return [], []
    if stretch is Stretch.NULLS_BEYOND:
        return [f"{field} IS NULL", f"id {beyond} ?"], [start.document_id]
    if order.field == "_id":
        return [f"id {beyond} ?"], [start.document_id]
    # The first condition repeats part of the second so that an index can start the scan at the right place.
    conditions = [f"{field} {beyond}= ?", f"({field}, id) {beyond} (?, ?)"]
    return conditions, [start.value, start.value, start.document_id]
