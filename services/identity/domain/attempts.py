"""Failed proofs of who somebody is, counted where somebody may be guessing (security.md 3 and 4, 003.7).

Counted per login name, and within it per source address; names that nobody has are counted like others. A number can
be known to everybody, so failures from elsewhere must not keep its owner out: what grows is the wait of the source that
fails. For all sources together there is a captcha at once and a slow cap far above what people need, and neither binds
a source from which the owner has signed in before. Counts drain, they are not forgotten at a stroke: whoever comes back
after a pause gets no new set of guesses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from shared.errors import DomainError, Kind

KEPT = timedelta(days=1)
FAMILIAR_FOR = timedelta(days=30)
MOST_SOURCES = 100


@dataclass(frozen=True)
class Limits:
    """From how many failures a captcha is asked for, and from how many a wait begins: `first`, doubled with each
    further failure up to `longest`. One failure drains in `drain`; with `restarts` a wait that is over clears all."""

    code: str
    captcha: int
    wait: int
    first: timedelta
    longest: timedelta
    drain: timedelta
    restarts: bool = False


HALF_HOUR = timedelta(minutes=30)
PAIR = Limits("login.locked_time", 1, 5, timedelta(seconds=30), HALF_HOUR, HALF_HOUR)
LOGIN = Limits("login.locked_time", 1, 30, timedelta(minutes=5), timedelta(minutes=5), timedelta(minutes=10))
# Manual 003's own rule: everybody waits, whoever it was that failed.
LOCKED_HALF_HOUR = Limits("login.locked_half_hour", 1, 5, HALF_HOUR, HALF_HOUR, HALF_HOUR, restarts=True)
# A whole school is one address: this many is no school that mistypes, and it drains in minutes.
SOURCE = Limits("login.source_busy", 20, 300, timedelta(minutes=1), timedelta(minutes=1), timedelta(seconds=15))


@dataclass
class Count:
    """Failures that drain; `failures` is the level right after the last one."""

    failures: float = 0
    last: datetime | None = None

    def level(self, limits: Limits, now: datetime) -> int:
        """How many count now."""
        if self.last is None or (limits.restarts and self._waited(limits, now)):
            return 0
        return max(0, ceil(self.failures - (now - self.last) / limits.drain))

    def check(self, limits: Limits, now: datetime) -> None:
        """Refuse while the wait lasts, and say for how many seconds."""
        ends = self.wait_ends(limits)
        if ends and now < ends:
            left = ceil((ends - now).total_seconds())
            raise DomainError(limits.code, Kind.LOCKED, params={"seconds": left})

    def wait_ends(self, limits: Limits) -> datetime | None:
        """When the next try is allowed; None when at once."""
        over = ceil(self.failures) - limits.wait
        if self.last is None or over < 0:
            return None
        wait: timedelta = min(limits.first * 2 ** min(over, 16), limits.longest)
        return self.last + wait

    def fail(self, limits: Limits, now: datetime) -> None:
        """Count one more."""
        drained = (now - self.last) / limits.drain if self.last else 0
        before = 0 if limits.restarts and self._waited(limits, now) else max(0, self.failures - drained)
        self.failures, self.last = before + 1, now

    def _waited(self, limits: Limits, now: datetime) -> bool:
        ends = self.wait_ends(limits)
        return ends is not None and now >= ends


@dataclass
class Attempts:
    """What failed for one login name (or, without `sources`, from one source); `familiar` are the sources from which
    its owner signed in, with the time. `kept_until` is when nothing of it matters any more."""

    id: str
    kept_until: datetime
    total: Count = field(default_factory=Count)
    sources: dict[str, Count] = field(default_factory=dict)
    familiar: dict[str, datetime] = field(default_factory=dict)

    def check(self, source: str, limits: Limits, now: datetime) -> None:
        """Refuse a guess while this source, or everybody, has to wait."""
        if limits is LOCKED_HALF_HOUR:
            # Five for all sources together: a wait of one of them besides would only be told in other words.
            self.total.check(limits, now)
            return
        self.sources.get(source, Count()).check(PAIR, now)
        if not self.knows(source, now):
            self.total.check(limits, now)

    def needs_captcha(self, source: str, limits: Limits, now: datetime) -> bool:
        """Whether the next guess must bring a captcha."""
        if self.sources.get(source, Count()).level(PAIR, now) >= PAIR.captcha:
            return True
        return not self.knows(source, now) and self.total.level(limits, now) >= limits.captcha

    def knows(self, source: str, now: datetime) -> bool:
        """Whether the owner has signed in from there not long ago."""
        return source in self.familiar and now - self.familiar[source] < FAMILIAR_FOR

    def charge(self, source: str, limits: Limits, now: datetime, *, proved: bool) -> None:
        """Count a guess as failed before it is judged, so that guesses made at once do not share one count.
        `proved`: it brought a captcha. Raises what it has to wait for."""
        self.check(source, limits, now)
        if not proved and self.needs_captcha(source, limits, now):
            raise DomainError("captcha.required", Kind.INVALID, "/captcha_text")
        self.sources.setdefault(source, Count()).fail(PAIR, now)
        self.total.fail(limits, now)
        self.kept_until = max(self.kept_until, now + KEPT)
        if len(self.sources) > MOST_SOURCES:
            del self.sources[min(self.sources, key=lambda name: self.sources[name].last or now)]

    def succeed(self, source: str, now: datetime) -> None:
        """It was the owner: the failures meant nothing, and this source is one of theirs."""
        self.total = Count()
        self.sources.pop(source, None)
        self.familiar = {name: at for name, at in self.familiar.items() if now - at < FAMILIAR_FOR}
        self.familiar[source] = now
        if len(self.familiar) > MOST_SOURCES:
            del self.familiar[min(self.familiar, key=lambda name: self.familiar[name])]
        self.kept_until = now + FAMILIAR_FOR
