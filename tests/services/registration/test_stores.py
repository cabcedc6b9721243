"""The same journey on a Mongo-wire server: reviews, searches and sweeps find there what they find in SQLite."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from services.registration.handlers import events
from shared.settings import Platform
from tests.services.registration.support import REVIEWER, SAME_CITY, candidate, running_service


async def test_the_journey_on_a_mongo_wire_server(tmp_path: Path, mongo_url: str) -> None:
    me = candidate()
    async with running_service(Platform(data=tmp_path, mongo_url=mongo_url)) as running:
        path = await running.submitted(me)
        await running.paid(me, path)
        await running.attach(me, path, "portrait", "c")
        moment = datetime.now(UTC)
        for turn in (1, 2):
            later = moment + timedelta(seconds=100 * turn)
            assert await events.sweep(deps=running.deps, clock=partial(_same, later)) == 1
        for method, target, body in (
            ("GET", "/review/queue", None),
            ("GET", "/review/queue?state=identity", None),
            ("POST", "/review/search", {"q": "王小明"}),
        ):
            assert len((await running.ok(SAME_CITY, method, target, body))["items"]) == 1
        assert (await running.ok(SAME_CITY, "GET", "/review/summary"))["schools"][0]["waiting"] == 1
        file = await running.ok(REVIEWER, "POST", f"/review{path}/claim")
        for action in ("identity-confirm", "approve"):
            file = await running.ok(REVIEWER, "POST", f"/review{path}/{action}", {"version": file["version"]})
        view = await running.ok(me, "GET", path)
        assert (view["state"], view["payment"]["status"]) == ("approved", "paid")


def _same(moment: datetime) -> datetime:
    return moment
