"""What one address may do in an hour without proving who it is: enough for a school behind one address, too little to
fill the disks or to read a register out. Used up, it comes back bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Literal

from services.identity.domain.attempts import Limits

HOUR = timedelta(hours=1)
Matter = Literal["sessions", "uploads", "roll", "tickets", "puzzles"]


@dataclass(frozen=True)
class Budgets:
    """How many an hour and address, and as many at once: sessions begun, pictures uploaded, questions to the school
    roll, face resets begun, puzzles drawn. 0 is no limit."""

    sessions: int = 1200
    uploads: int = 3600
    roll: int = 600
    tickets: int = 300
    puzzles: int = 1200

    def of(self, matter: Matter) -> Limits | None:
        """The limits of one of them."""
        an_hour: int = getattr(self, matter)
        each = HOUR / an_hour if an_hour else HOUR
        return Limits("budget.spent", an_hour, an_hour, each, each, each) if an_hour else None


def origin(source: str) -> str:
    """What counts as one address: of IPv6 a customer's whole network, whose addresses cost nothing."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    return str(address) if address.version == 4 else str(ip_network(f"{address}/64", strict=False))


def is_counted(source: str) -> bool:
    """Whether an address is somebody else's: this machine's own tests and measurements are not."""
    try:
        return not ip_address(source).is_loopback
    except ValueError:
        return False
