"""HTTP of the reference data: look-ups for the form, imports for offices."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from services.registration.reference import characters, imports
from services.registration.reference.domain import Import
from services.registration.reference.lookups import Reference
from shared.clock import utc_now
from shared.errors import NotFound
from shared.events.base import new_id
from shared.http import Call, Route
from shared.programme import names
from shared.programme.days import day_of
from shared.programme.model import Programme
from shared.tables import CHUNK, read_bounded

MAX_BYTES = 30 * 1024 * 1024
Short = Annotated[str, StringConstraints(max_length=64)]


class RegionQuery(BaseModel):
    parent: Short = ""


class SchoolQuery(BaseModel):
    """Without a region schools are found by a part of their name, anywhere."""

    region: Short = ""
    q: Short = ""


class RollQuestion(BaseModel):
    id_number: Short
    name: Short


class RollClaim(RollQuestion):
    school: Short


class RollVerdict(BaseModel):
    """One bit for all three together: which of them is wrong is told to nobody."""

    matches: bool


class PlacesQuestion(BaseModel):
    """`schools` and `regions`: whose names are wanted; `inside`: the schools of the regions too."""

    schools: list[Short] = []
    regions: list[Short] = []
    inside: bool = False


class Places(BaseModel):
    """Names by code of the schools and regions that there are, and the codes of the schools in them if asked for.
    `imported`: of schools and regions, whether there are any at all."""

    names: dict[str, str]
    regions: dict[str, str]
    inside: list[str]
    imported: dict[Literal["schools", "regions"], bool]


class CharacterQuery(BaseModel):
    pinyin: Short


class ImportQuery(BaseModel):
    programme: Short
    dry_run: bool = False


class Item(BaseModel):
    code: str
    name: str
    kind: str = ""


class Items(BaseModel):
    items: list[Item]


class RollAnswer(BaseModel):
    """`found` only when number and name belong together, so that the roll cannot be read out with numbers alone."""

    found: bool
    school: str = ""
    school_name: str = ""
    grade: str = ""
    class_number: str = ""


class Characters(BaseModel):
    items: list[str]


class CellErrorView(BaseModel, from_attributes=True):
    row: int
    column: str
    code: str


class ImportReport(BaseModel):
    rows: int
    ok: int
    errors: list[CellErrorView]
    failed_csv: str


def reference_routes(reference: Reference, programmes: Mapping[str, Programme]) -> list[Route]:
    """Every operation on reference data."""
    people = ("anonymous", "candidate", "staff", "service")
    importer = partial(import_table, reference=reference, programmes=programmes)
    return [
        Route("GET", "/regions", partial(regions, reference=reference), people, query=RegionQuery, returns=Items),
        Route("GET", "/schools", partial(schools, reference=reference), people, query=SchoolQuery, returns=Items),
        Route(
            "POST",
            "/roll/lookup",
            partial(roll, reference=reference),
            ("anonymous", "candidate", "staff"),
            body=RollQuestion,
            returns=RollAnswer,
        ),
        Route(
            "POST",
            "/roll/match",
            partial(match_roll, reference=reference),
            ("service",),
            body=RollClaim,
            returns=RollVerdict,
        ),
        Route(
            "POST", "/places", partial(places, reference=reference), ("service",), body=PlacesQuestion, returns=Places
        ),
        Route("GET", "/rare-characters", rare, people, query=CharacterQuery, returns=Characters),
        Route(
            "POST",
            "/imports/{kind}",
            importer,
            ("staff", "service"),
            roles=("admin",),
            query=ImportQuery,
            returns=ImportReport,
        ),
    ]


async def regions(call: Call, *, reference: Reference) -> Items:
    """Cities, or the districts of a city"""
    found = await reference.regions_below(call.query(RegionQuery).parent)
    return Items(items=[Item(code=region.id, name=region.name) for region in found])


async def schools(call: Call, *, reference: Reference) -> Items:
    """The schools and registration points of a district"""
    asked = call.query(SchoolQuery)
    found = await (reference.schools_in(asked.region, asked.q) if asked.region else reference.schools_named(asked.q))
    return Items(items=[Item(code=school.id, name=school.name, kind=school.kind) for school in found])


async def roll(call: Call, *, reference: Reference) -> RollAnswer:
    """学籍查询: whether the school roll has this number and name together"""
    asked = call.body(RollQuestion)
    await reference.count_roll_question(call.actor.id, day_of(utc_now()).isoformat())
    entry = await reference.roll(asked.id_number)
    if entry is None or names.normalise(entry.name) != names.normalise(asked.name):
        return RollAnswer(found=False)
    school = await reference.school(entry.school)
    return RollAnswer(
        found=True,
        school=entry.school,
        school_name=school.name if school else "",
        grade=entry.grade,
        class_number=entry.class_number,
    )


async def match_roll(call: Call, *, reference: Reference) -> RollVerdict:
    """Whether number, name and school belong together; identity counts the tries"""
    asked = call.body(RollClaim)
    entry = await reference.roll(asked.id_number)
    same = entry is not None and names.normalise(entry.name) == names.normalise(asked.name)
    return RollVerdict(matches=same and entry is not None and entry.school == asked.school)


async def places(call: Call, *, reference: Reference) -> Places:
    """Names of schools and regions, and the schools of regions"""
    asked = call.body(PlacesQuestion)
    found = [school for code in set(asked.schools) if (school := await reference.school(code))]
    regions = [region for code in set(asked.regions) if (region := await reference.region(code))]
    inside = await reference.schools_below(set(asked.regions)) if asked.inside else ()
    return Places(
        names={school.id: school.name for school in found},
        regions={region.id: region.name for region in regions},
        inside=sorted(inside),
        imported={"schools": await reference.has_schools(), "regions": await reference.has_regions()},
    )


async def rare(call: Call) -> Characters:
    """生僻字查询: rare characters by their reading"""
    reading = call.query(CharacterQuery).pinyin
    return Characters(items=await asyncio.to_thread(characters.rare_characters, reading))


async def import_table(call: Call, *, reference: Reference, programmes: Mapping[str, Programme]) -> ImportReport:
    """Import a CSV or XLSX table (raw body); `dry_run` only says what would happen"""
    asked, kind = call.query(ImportQuery), imports.KINDS.get(call.path["kind"])
    if kind is None or asked.programme not in programmes:
        raise NotFound("import")
    now = utc_now()
    context = imports.Context(reference, programmes[asked.programme], day_of(now))
    content = await read_bounded(call.request.content.iter_chunked(CHUNK), MAX_BYTES)
    if asked.dry_run:
        report = await imports.run(kind, content, context, dry_run=True)
    else:
        table = Import(new_id(), call.path["kind"], asked.programme, hashlib.sha256(content).hexdigest(), now)
        report = await imports.run_told(kind, content, context, table, call.actor)
    return ImportReport.model_validate(report, from_attributes=True)
