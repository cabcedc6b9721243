"""Whether the places that staff are given exist: the registration service has their tree, and is asked (ST.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from shared.errors import DomainError, FieldError, Kind

# So many wrong codes are named; who typed more of them sees what is meant.
NAMED = 5


class Known(NamedTuple):
    """Those of some codes that there are; None: nothing of the kind has been imported yet, so nobody can tell."""

    schools: Collection[str] | None = None
    regions: Collection[str] | None = None


class Atlas(Protocol):
    """Who knows the places: `services.identity.registry.Registry`."""

    async def known(self, schools: Sequence[str], regions: Sequence[str]) -> Known:
        """Which of these codes there are."""


async def check_scope(scope: Mapping[str, Sequence[str]], *, atlas: Atlas) -> None:
    """Raises `staff.school_unknown`, `staff.region_unknown`, each beside its field, with the `codes`. Before anything
    was imported all are taken as they are: somebody has to be let in to import it."""
    schools, regions = scope.get("schools", ()), scope.get("regions", ())
    if not schools and not regions:
        return
    known = await atlas.known(schools, regions)
    found = (
        _unknown("schools", "staff.school_unknown", schools, known.schools),
        _unknown("regions", "staff.region_unknown", regions, known.regions),
    )
    if errors := [each for each in found if each]:
        raise DomainError("request.invalid", Kind.INVALID, errors=errors)


def _unknown(field: str, code: str, given: Sequence[str], known: Collection[str] | None) -> FieldError | None:
    missing = [] if known is None else [each for each in given if each not in known]
    return FieldError(f"/scope/{field}", code, {"codes": ", ".join(missing[:NAMED])}) if missing else None
