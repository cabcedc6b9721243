"""What the tables hold; pure. Ids of personal records are keyed hashes of the ID number."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.errors import DomainError, Kind

SchoolKind = Literal["ordinary_high", "vocational", "office"]
SCHOOL_KINDS: dict[str, SchoolKind] = {"普通高中": "ordinary_high", "中职学校": "vocational", "招办": "office"}
GRADES = {"": "", "高一": "senior_1", "高二": "senior_2", "高三": "senior_3"}
PASSED = {"合格": True, "不合格": False}
ROLL_QUESTIONS_A_DAY = 10


@dataclass
class Region:
    """A city (no parent) or a district of one. `id` is its code."""

    id: str
    name: str
    parent: str


@dataclass
class School:
    """A school or a registration point. `id` is its code."""

    id: str
    name: str
    region: str
    kind: SchoolKind


@dataclass
class RollEntry:
    """What the school roll says of one pupil; `name` is sealed."""

    id: str
    name: str
    school: str
    grade: str
    class_number: str


@dataclass
class Questions:
    """How often somebody asked the school roll on a day; it answers a few times, so that nobody reads it out."""

    id: str
    day: str = ""
    count: int = 0

    def ask(self, day: str) -> None:
        """Count one question. Raises `roll.too_many` beyond the day's limit."""
        if self.day != day:
            self.day, self.count = day, 0
        if self.count >= ROLL_QUESTIONS_A_DAY:
            raise DomainError("roll.too_many", Kind.TOO_MANY)
        self.count += 1


@dataclass
class Import:
    """One table taken in. `digest` is the SHA-256 of the file, by which an office recognises it."""

    id: str
    kind: str
    programme: str
    digest: str
    at: datetime
    rows: int = 0
    written: int = 0

    def told(self) -> dict[str, str]:
        """What the audit log is told."""
        counts = {"rows": str(self.rows), "written": str(self.written)}
        return {"kind": self.kind, "programme": self.programme, "sha256": self.digest, **counts}


@dataclass(frozen=True)
class PriorResult:
    """One subject in one earlier session."""

    subject: str
    exam: str
    passed: bool


@dataclass
class Results:
    """All earlier results of one person."""

    id: str
    items: list[PriorResult] = field(default_factory=list)

    def put(self, result: PriorResult) -> None:
        """Add a result; the same subject and session is replaced."""
        others = [item for item in self.items if (item.subject, item.exam) != (result.subject, result.exam)]
        self.items = [*others, result]


@dataclass(frozen=True)
class Seat:
    """Where and when one subject is sat. `starts_at` is local time as printed."""

    subject: str
    starts_at: str
    centre: str
    room: str
    seat: str


@dataclass(frozen=True)
class Score:
    """One subject's published result."""

    subject: str
    grade: str
    passed: bool


@dataclass
class Published:
    """What an office publishes for one person in one programme: the admission ticket, then the scores."""

    id: str
    ticket_number: str = ""
    seats: list[Seat] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)

    def put_seat(self, number: str, seat: Seat) -> None:
        """Add a seat; the same subject's is replaced."""
        self.ticket_number = number
        self.seats = [*(item for item in self.seats if item.subject != seat.subject), seat]

    def put_score(self, score: Score) -> None:
        """Add a score; the same subject's is replaced."""
        self.scores = [*(item for item in self.scores if item.subject != score.subject), score]
