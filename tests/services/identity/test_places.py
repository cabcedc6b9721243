"""Places that staff are given exist, or the refusal says which does not (ST.4); before an import nobody is kept out."""

from __future__ import annotations

import pytest

from services.identity.handlers import joining, staff
from services.identity.handlers.deps import Deps
from services.identity.handlers.places import Known
from services.identity.handlers.signon import Door
from shared.errors import DomainError, FieldError
from tests.services.identity.conftest import NOW, Anywhere
from tests.services.identity.test_joining import ADMIN, asked, door
from tests.services.identity.test_staff import administrator, hired

__all__ = ["door"]

TREE = Known(schools={"140106002"}, regions={"1401", "140106"})
SCHOOL, REGION = "staff.school_unknown", "staff.region_unknown"
Scope = dict[str, list[str]]


def import_places(deps: Deps, known: Known = TREE) -> None:
    assert isinstance(deps.atlas, Anywhere)
    deps.atlas.places = known


async def wrong(awaitable: object) -> list[FieldError]:
    with pytest.raises(DomainError) as caught:
        await awaitable  # type: ignore[misc]
    return list(caught.value.errors)


@pytest.mark.parametrize(
    ("scope", "errors"),
    [
        ({"schools": ["140106002"], "regions": ["1401"]}, []),
        ({"schools": ["140106200"]}, [FieldError("/scope/schools", SCHOOL, {"codes": "140106200"})]),
        ({"schools": ["140106"]}, [FieldError("/scope/schools", SCHOOL, {"codes": "140106"})]),
        ({"regions": ["1401", "1499"]}, [FieldError("/scope/regions", REGION, {"codes": "1499"})]),
        (
            {"schools": ["x", "y"], "regions": ["z"]},
            [
                FieldError("/scope/schools", SCHOOL, {"codes": "x, y"}),
                FieldError("/scope/regions", REGION, {"codes": "z"}),
            ],
        ),
    ],
)
async def test_a_code_that_does_not_exist_is_named_beside_its_field(
    deps: Deps, scope: Scope, errors: list[FieldError]
) -> None:
    chief = await administrator(deps)
    clerk = (await hired(deps, chief)).id
    import_places(deps)
    before = (await deps.accounts.get(clerk)).scope
    made = staff.add_staff("qian", "钱老师", "", ["city"], scope, chief, deps=deps, now=NOW)
    given = staff.set_roles(clerk, ["city"], scope, chief, deps=deps, now=NOW)
    if not errors:
        await made
        await given
    else:
        assert await wrong(made) == await wrong(given) == errors
        assert await staff.find("qian", deps=deps) == []
    assert (await deps.accounts.get(clerk)).scope == (before if errors else scope)


async def test_a_request_with_a_wrong_code_waits_on(door: Door) -> None:
    request = await asked(door)
    import_places(door.deps)
    scope = {"schools": ["140106200"]}
    (error,) = await wrong(joining.approve(request.id, ["school"], scope, ADMIN, door=door, now=NOW))
    assert (error.pointer, error.code) == ("/scope/schools", SCHOOL)
    assert [each.id for each in (await joining.waiting(None, door=door)).items] == [request.id]
    await joining.approve(request.id, ["school"], {"schools": ["140106002"]}, ADMIN, door=door, now=NOW)


@pytest.mark.parametrize(
    ("known", "codes"),
    [
        (Known(), ["school", "region"]),
        (Known(regions={"1401"}), ["school"]),
        (Known(schools={"140106002"}), ["region"]),
    ],
)
async def test_what_has_not_been_imported_is_taken_as_it_is(deps: Deps, known: Known, codes: list[str]) -> None:
    chief = await administrator(deps)
    import_places(deps, known)
    scope = {f"{name}s": ["999999"] for name in codes}
    assert (await staff.add_staff("sun", "孙老师", "", ["city"], scope, chief, deps=deps, now=NOW)).id


async def test_who_has_no_place_is_let_in_though_the_tree_cannot_be_asked(deps: Deps) -> None:
    chief = await administrator(deps)
    deps.atlas.__dict__.clear()
    assert (await staff.add_staff("li", "李老师", "", ["admin"], {"schools": []}, chief, deps=deps, now=NOW)).id
