"""Use cases of the audit log: append, mark how far it goes, walk it, read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from services.identity.domain import audit as domain
from services.identity.domain.audit import Checkpoint, Entry
from shared.errors import Conflict, Duplicate
from shared.events.audit import ActionRecorded
from shared.privacy import Vault
from shared.store import Document, Query, Range
from shared.store.repository import Found, Repository

TRIES = 20
BATCH = 500
PAGE = 50
# What an owner sees: who came in, and who had the first half of what it takes.
SIGN_INS = ("signed_in", "sign_in_refused", "second_factor_refused", "face_check_refused")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Chain:
    """What these use cases work with; entries are only ever added. `newest` remembers the head that was written last
    here; an old one does no harm, its place is taken."""

    entries: Repository[Entry]
    checkpoints: Repository[Checkpoint]
    vault: Vault
    newest: dict[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """How a walk ended: entries that fit, the last of them, and the first that does not, with the reason."""

    entries: int
    head: str = ""
    hash: str = ""
    broken: str = ""
    reason: str = ""


async def append(event: ActionRecorded, *, chain: Chain) -> None:
    """Write the event's entry after the head. Any number of appenders may race: the place is taken by insertion.

    The head is read before the event is looked for: had another appender written it since, the place would be taken.
    """
    for _ in range(TRIES):
        head = chain.newest.get("head") or await head_of(chain=chain)
        if (await chain.entries.find(Query({"event_id": event.event_id}, limit=1))).items:
            return
        entry = domain.following(head, event)
        try:
            await chain.entries.add(entry.id, entry)
        except Duplicate:
            chain.newest.clear()
            continue
        chain.newest["head"] = entry
        return
    raise Conflict


async def head_of(*, chain: Chain) -> Entry | None:
    """The newest entry."""
    found = (await chain.entries.find(Query(sort="-_id", limit=1))).items
    return found[0] if found else None


async def checkpoint(*, chain: Chain, clock: Callable[[], datetime]) -> None:
    """Sign how far the chain goes, and tell the log, which is kept elsewhere; nothing when it went no further."""
    head = await head_of(chain=chain)
    if head is None:
        return
    mark = Checkpoint(head.id, head.hash, clock(), _signature(head.id, head.hash, chain=chain))
    try:
        await chain.checkpoints.add(mark.id, mark)
    except Duplicate:
        return
    log.info("audit_checkpoint", entry=mark.id, hash=mark.hash)


async def verify(start: int, expected: Mapping[str, str], *, chain: Chain) -> Verdict:
    """Walk the chain from entry `start` (1 is all of it) to its end. `expected` (entry → hash) are checkpoints that
    somebody kept outside, besides those here."""
    walk = await _begin(start, chain=chain)
    if isinstance(walk, Verdict):
        return walk
    number, previous = start, walk
    marks = await _marks(start, expected, chain=chain)
    cursor: str | None = None
    while True:
        page = await chain.entries.store.find(
            chain.entries.collection,
            Query(ranges={"_id": Range(at_least=domain.place(start))}, limit=BATCH, cursor=cursor),
        )
        for document in page.documents:
            reason = domain.fault(document, domain.place(number), previous) or _against(marks, document)
            if reason:
                return Verdict(number - start, domain.place(number - 1), previous, domain.place(number), reason)
            previous, number = document["hash"], number + 1
        cursor = page.next_cursor
        if cursor is None:
            break
    cut = max(marks, default="") >= domain.place(number)
    broken = (domain.place(number), "audit.cut_off") if cut else ("", "")
    return Verdict(number - start, domain.place(number - 1), previous, *broken)


async def search(
    filters: Mapping[str, str], since: datetime | None, until: datetime | None, cursor: str | None, *, chain: Chain
) -> Found[Entry]:
    """Entries by `object_id`, `actor_id` and `action`, newest first, between two times."""
    bounds = Range(
        at_least=domain.at_text(since) if since else None,
        below=domain.at_text(until) if until else None,
    )
    wanted = {name: value for name, value in filters.items() if value}
    return await chain.entries.find(Query(wanted, {"at": bounds}, sort="-at", limit=PAGE, cursor=cursor))


async def sign_ins(account_id: str, cursor: str | None, *, chain: Chain) -> Found[Entry]:
    """An owner's own sign-ins, those refused too, newest first. Not among them is who had nothing right: that would be
    a write of whoever guesses; such guesses are counted, and the count is told at the next sign-in."""
    equal = {"object_id": account_id, "action": SIGN_INS}
    return await chain.entries.find(Query(equal, sort="-at", limit=PAGE, cursor=cursor))


async def _begin(start: int, *, chain: Chain) -> str | Verdict:
    """The hash that the first entry of the walk must name."""
    if start <= 1:
        return domain.GENESIS
    before = await chain.entries.store.get(chain.entries.collection, domain.place(start - 1))
    if before is None:
        return Verdict(0, broken=domain.place(start - 1), reason="audit.missing_or_inserted")
    return str(before["hash"])


async def _marks(start: int, expected: Mapping[str, str], *, chain: Chain) -> dict[str, str]:
    """Entry → hash of all checkpoints from `start` on; a badly signed one is a hash that no entry has."""
    marks: dict[str, str] = {}
    cursor: str | None = None
    bounds = {"_id": Range(at_least=domain.place(start))}
    while True:
        page = await chain.checkpoints.find(Query(ranges=bounds, limit=BATCH, cursor=cursor))
        for mark in page.items:
            genuine = mark.signature == _signature(mark.id, mark.hash, chain=chain)
            marks[mark.id] = mark.hash if genuine else "forged"
        cursor = page.next_cursor
        if cursor is None:
            return marks | dict(expected)


def _against(marks: Mapping[str, str], document: Document) -> str | None:
    wanted = marks.get(document["_id"])
    return None if wanted in (None, document["hash"]) else "audit.not_as_signed"


def _signature(number: str, digest: str, *, chain: Chain) -> str:
    return chain.vault.blind("audit_checkpoint", domain.signed_text(number, digest))
