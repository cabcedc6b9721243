"""Regions and schools to choose from, as far as the form has got."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from services.gateway.journey import Journey
from services.gateway.peers import PEERS

Options = list[dict[str, Any]]


async def options(request: web.Request, way: Journey) -> dict[str, Options]:
    """Field id → what its list holds, for every region and school field whose parent is chosen."""
    fields = [field for field in way.programme["fields"] if field["kind"] in {"region", "school"}]
    found = await asyncio.gather(*(_of(request, way, field) for field in fields))
    return {field["id"]: items for field, items in zip(fields, found, strict=True)}


async def _of(request: web.Request, way: Journey, field: dict[str, Any]) -> Options:
    parent = way.application["values"].get(field["parent"], "") if field.get("parent") else ""
    if field.get("parent") and not parent:
        return []
    if field["kind"] == "region":
        return await _items(request, "/regions", {"parent": parent} if parent else {})
    return await schools(request, parent, "")


async def schools(request: web.Request, region: str, text: str) -> Options:
    """Schools and registration points of a region, or those whose name holds `text`."""
    asked = {"region": region, "q": text}
    return await _items(request, "/schools", {name: value for name, value in asked.items() if value})


async def _items(request: web.Request, path: str, query: dict[str, str]) -> Options:
    answer = await request.app[PEERS].public(path, query)
    return [{"id": item["code"], "title": item["name"]} for item in answer["items"]]
